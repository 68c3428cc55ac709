#!/usr/bin/env python3
"""A training as one writes it for speed in PyTorch. Prints the median of images a second over its epochs.

usage: pytorch_epoch.py W.safetensors IMAGES EPOCHS channels_last|contiguous [bf16]
       pytorch_epoch.py W.safetensors layers

As Weir's recipes train: batches of 128 in a new order each epoch, crops of images padded by 4, flips, cross-entropy, SGD with
momentum and weight decay. Left out, in the peer's favour: averaged weights, and a loader, since all images lie in memory and a
batch is cut with one gather. They are noise: no time depends on what they show. bf16: autocast. `layers` prints the kinds of
layers that it would train. Run it with the environment of compare-with-peers.
"""
import pathlib
import statistics
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "peers"))
import rebuild_pytorch  # noqa: E402  (exits with 77 where there is no PyTorch)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

warnings.filterwarnings("ignore")
BATCH, SIDE, PADDING, CLASSES = 128, 32, 4, 10
FORMATS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}


def batch_of(padded, chosen):
    """[B, 3, 32, 32] in [-1, 1]: a crop and one of two orientations for each; channels last, since the gather ends like that."""
    steps = torch.arange(SIDE)
    tops, lefts = torch.randint(0, 2 * PADDING + 1, (2, len(chosen), 1))
    rows, columns = tops + steps, lefts + steps
    columns = torch.where(torch.rand(len(chosen), 1) < 0.5, columns, columns.flip(1))
    pixels = padded[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
    return pixels.permute(0, 3, 1, 2).float().mul_(2 / 255).sub_(1)


def epoch(network, optimiser, padded, labels, memory_format, autocast):
    """Seconds, and images of full batches."""
    begin = time.perf_counter()
    batches = torch.randperm(len(labels)).split(BATCH)
    batches = [chosen for chosen in batches if len(chosen) == BATCH]
    for chosen in batches:
        images = batch_of(padded, chosen).contiguous(memory_format=memory_format)
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            loss = F.cross_entropy(network(images), labels[chosen])
        loss.backward()
        optimiser.step()
    return time.perf_counter() - begin, len(batches) * BATCH


def main(arguments):
    if len(arguments) not in (4, 5) and arguments[1:] != ["layers"]:
        sys.exit(__doc__)
    network = rebuild_pytorch.rebuild(*rebuild_pytorch.read_safetensors(arguments[0]))[0].train()
    if arguments[1] == "layers":
        print("layers:", *(type(module).__name__ for module in network))
        return
    images, epochs, memory_format = int(arguments[1]), int(arguments[2]), FORMATS[arguments[3]]
    network = network.to(memory_format=memory_format)
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
    padded = torch.randint(0, 256, (images, SIDE + 2 * PADDING, SIDE + 2 * PADDING, 3), dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (images,))
    rates = []
    for _ in range(epochs):
        seconds, count = epoch(network, optimiser, padded, labels, memory_format, arguments[4:] == ["bf16"])
        rates.append(count / seconds)
    print(f"{statistics.median(rates):.1f}")


main(sys.argv[1:])
