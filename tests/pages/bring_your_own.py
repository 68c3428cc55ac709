#!/usr/bin/env python3
"""Runs every block of docs/bring_your_own.md as it stands there, and compares Weir's logits with PyTorch's.

usage: bring_your_own.py PAGE WEIR

Exit: 0 all is as the page says, 1 it is not, 77 PyTorch is not installed.
"""
import csv
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SMALLEST_SHARE = 0.999  # of pixels; a gradient that is a rounding error away from zero may have either sign
LARGEST_ERROR = 1e-5  # of the largest logit: both sides add up some hundred float32 products


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", pathlib.Path(page).read_text(), re.MULTILINE | re.DOTALL)


def read_floats(path):
    """The values of a float32 .npy file of version 1.0."""
    data = pathlib.Path(path).read_bytes()
    length, = struct.unpack("<H", data[8:10])
    return torch.tensor(struct.unpack(f"<{(len(data) - 10 - length) // 4}f", data[10 + length:]))


def check(what, holds, found):
    print(f"{'ok  ' if holds else 'FAIL'} {what}: {found}")
    return holds


def main(page, weir):
    torch.manual_seed(7)
    python, commands = blocks(page, "python"), "".join(blocks(page, "sh")).splitlines()
    names = {}
    for block in python:
        exec(compile(block, page, "exec"), names)
        for layer in (m for m in names["net"].modules() if isinstance(m, torch.nn.BatchNorm2d)):
            if layer.running_mean.abs().sum() == 0:  # statistics and scales as training would leave them
                for tensor in (layer.running_mean, layer.running_var, layer.weight.data, layer.bias.data):
                    tensor.uniform_(0.5, 1.5)
    for command in commands:
        program, *words = command.split()
        assert program == "weir", command
        subprocess.run([weir, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    net, images = names["net"], names["images"]
    theirs = net(images).detach()
    ours = read_floats("logits.npy").reshape(theirs.shape)
    error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    passed = check("logits", error <= LARGEST_ERROR, f"largest error {error:.1e} of the largest logit")
    records = list(csv.DictReader(open("attack/records.csv")))
    adversarial = read_floats("attack/adversarial.npy").reshape(images.shape)
    answers = net(adversarial).argmax(1).tolist()
    passed &= check("attack", len(records) == len(images) and
                    answers == [int(record["adversarial_class"]) for record in records] and
                    all(record["status"] != "skipped_misclassified" for record in records),
                    f"{sum(record['status'] == 'success' for record in records)} of {len(records)} succeed")
    x = images.clone().requires_grad_(True)
    torch.nn.functional.cross_entropy(net(x), names["labels"], reduction="sum").backward()
    step = (images + 16 / 255 * x.grad.sign()).clamp(-1, 1)  # the fast gradient sign method, by PyTorch's gradient
    same = ((adversarial - step).abs() < 1e-6).float().mean().item()
    passed &= check("pixels", same > SMALLEST_SHARE, f"{100 * same:.2f} % as by PyTorch's gradient")
    lines = list(csv.DictReader(open("flow/paths.csv")))
    passed &= check("flow", len(lines) == 2 * len(images) and all(float(line["iip"]) > 0 for line in lines),
                    f"{len(lines)} lines")
    return 0 if passed and len(commands) >= 4 else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    page_path, weir_path = map(os.path.abspath, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        status = main(page_path, weir_path)
        os.chdir("/")
    sys.exit(status)
