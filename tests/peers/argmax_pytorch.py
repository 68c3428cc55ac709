#!/usr/bin/env python3
"""Do a PyTorch rebuild and Weir name the same class for every test image?

usage: argmax_pytorch.py WEIR CIFAR_FOLDER [WEIGHTS...]

CIFAR_FOLDER holds test_batch.bin, as `weir data fetch` leaves it; WEIGHTS are files or names, by default all that come with
Weir. Exit: 0 at least 99.95 % agree for each, 1 less for one, 77 PyTorch is not installed.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from rebuild_pytorch import read_safetensors, rebuild, report  # exits with 77 where there is no PyTorch

import numpy
import torch

SMALLEST_SHARE = 0.9995
BATCH = 500


def test_images(folder):
    """[10000, 3, 32, 32] in [-1, 1], computed as Weir does."""
    records = numpy.fromfile(pathlib.Path(folder) / "test_batch.bin", numpy.uint8).reshape(-1, 1 + 3072)
    return (records[:, 1:].astype(numpy.float32) / numpy.float32(127.5) - 1).reshape(-1, 3, 32, 32)


def shipped(weir):
    return [entry["name"] for entry in json.loads(subprocess.check_output([weir, "models", "--json"]))["weights"]]


def agreement(weir, weights, images):
    with tempfile.TemporaryDirectory() as folder:
        pictures, logits = (pathlib.Path(folder) / name for name in ("images.npy", "logits.npy"))
        numpy.save(pictures, images)
        said = json.loads(subprocess.check_output([weir, "predict", weights, pictures, "--out", logits, "--json"]))
        ours = numpy.load(logits)
    network, _ = rebuild(*read_safetensors(said["weights"]))
    with torch.no_grad():
        theirs = numpy.concatenate([network(torch.from_numpy(images[i:i + BATCH])).numpy() for i in range(0, len(images), BATCH)])
    same = (ours.argmax(1) == theirs.argmax(1)).sum()
    return report(f"{weights}, argmax", same >= SMALLEST_SHARE * len(images),
                  f"{same:,} of {len(images):,} equal; largest difference of logits {numpy.abs(ours - theirs).max():.1e}")


def main(weir, folder, *weights):
    images = test_images(folder)
    return 0 if all([agreement(weir, each, images) for each in weights or shipped(weir)]) else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
