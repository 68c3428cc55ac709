"""pytorch_steps.py WORK BATCH [SECONDS]: the same work as bench_steps in PyTorch, in the better of its two layouts.

Prints the median, images a second. Run it with threads bound (compare-with-pytorch does).
"""
import statistics
import sys
import time
import warnings

import torch
from torch import nn
import torch.nn.functional as F

warnings.filterwarnings("ignore")


def good_init():
    layers, channels = [], 3
    for widths, pool in (((32, 32, 32, 48, 48), 2), ((80,) * 5, 2), ((128,) * 5, 8)):
        for width in widths:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers += [nn.MaxPool2d(pool), nn.Dropout(0.25)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 500), nn.ReLU(),
                         nn.Dropout(0.25), nn.Linear(500, 10))


def prepared(work, batch, memory_format):
    torch.manual_seed(1)
    network = good_init().to(memory_format=memory_format)
    images = (torch.rand(batch, 3, 32, 32) * 2 - 1).contiguous(memory_format=memory_format)
    labels = torch.arange(batch) % 10
    if work == "forward":
        network.eval()

        def forward():
            with torch.inference_mode():
                network(images)
        return forward
    if work == "input-gradient":
        network.eval()
        for parameter in network.parameters():
            parameter.requires_grad_(False)

        def input_gradient():
            x = images.detach().requires_grad_(True)
            torch.autograd.grad(F.cross_entropy(network(x), labels, reduction="sum"), x)
        return input_gradient
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, nesterov=True)

    def training():
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(network(images), labels).backward()
        optimiser.step()
    return training


def median_seconds(budget, work):
    work()
    samples, start = [], time.perf_counter()
    while time.perf_counter() - start < budget or len(samples) < 5:
        begin = time.perf_counter()
        work()
        samples.append(time.perf_counter() - begin)
    return statistics.median(samples)


def main():
    work, batch = sys.argv[1], int(sys.argv[2])
    budget = float(sys.argv[3]) if len(sys.argv) > 3 else 2
    layouts = (torch.channels_last, torch.contiguous_format)
    print(f"{max(batch / median_seconds(budget / 2, prepared(work, batch, layout)) for layout in layouts):.1f}")


main()
