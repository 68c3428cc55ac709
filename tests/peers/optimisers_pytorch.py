#!/usr/bin/env python3
"""Takes the steps of our optimisers with PyTorch's, and compares the weights on the way; the same for schedules.

usage: optimisers_pytorch.py TEST_OPTIM

TEST_OPTIM is the test program of optim/; it writes our weights and rates (tests/optim/peer_exchange_test.cpp).
Exit: 0 all agree, 1 something does not, 77 PyTorch is not installed.
"""
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

# Float32 weights of size 2 that 40 steps each round a few times; the errors of early steps shrink on the way.
LARGEST_WEIGHT_ERROR = 40 * 4 * 2 * 2.0**-24
LARGEST_RATE_ERROR = 1e-12
STEEPNESS = torch.tensor([[1e-2, 1e-1], [1.0, 1e1]])

OPTIMISERS = {
    "heavy_ball": lambda w: torch.optim.SGD([w], lr=0.02, momentum=0.8, weight_decay=0.1),
    "nesterov": lambda w: torch.optim.SGD([w], lr=0.02, momentum=0.8, weight_decay=0.1, nesterov=True),
    "adam": lambda w: torch.optim.Adam([w], lr=0.02, betas=(0.8, 0.999), eps=1e-6, weight_decay=0.1),
    "adamw": lambda w: torch.optim.AdamW([w], lr=0.02, betas=(0.8, 0.999), eps=1e-6, weight_decay=0.1),
}


def our_lines(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--gtest_filter=PeerExchange.*"], env={**os.environ, "WEIR_PEER_FOLDER": folder},
                       check=True, stdout=subprocess.DEVNULL)
        lines = pathlib.Path(folder, "steps.txt").read_text().splitlines()
    ours = collections.defaultdict(list)
    for line in lines:
        name, *numbers = line.split()
        ours[name].append([float(number) for number in numbers])
    return ours


def their_steps(name, start, count):
    weight = torch.tensor(start).reshape(2, 2).requires_grad_(True)
    optimiser = OPTIMISERS[name](weight)
    seen = []
    for _ in range(count):
        seen.append(weight.detach().flatten().tolist())
        weight.grad = weight.detach() * STEEPNESS
        optimiser.step()
    return seen


def their_rates(count):
    columns = []
    for make in (lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [count // 4, count * 3 // 5], gamma=0.2),
                 lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, count, eta_min=0.05)):
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        schedule = make(optimiser)
        columns.append([])
        for _ in range(count):
            columns[-1].append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            schedule.step()
    return list(zip(*columns))


def agrees(name, ours, theirs, bound):
    error = (torch.tensor(ours, dtype=torch.float64) - torch.tensor(theirs, dtype=torch.float64)).abs().max().item()
    moved = ours[0] != ours[-1]
    print(f"{'ok  ' if error <= bound and moved else 'FAIL'} {name}: largest error {error:.2e}, at most {bound:.2e}")
    return error <= bound and moved


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    ours = our_lines(arguments[0])
    passed = [agrees(name, ours[name], their_steps(name, ours[name][0], len(ours[name])), LARGEST_WEIGHT_ERROR)
              for name in OPTIMISERS]
    passed.append(agrees("rates", ours["rates"], their_rates(len(ours["rates"])), LARGEST_RATE_ERROR))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
