#!/usr/bin/env python3
"""Rebuilds networks in PyTorch from their safetensors files alone; compares logits and gradients with Weir's.

usage: rebuild_pytorch.py TEST_MODELS
       rebuild_pytorch.py W.safetensors IMAGES.npy LABELS.npy LOGITS.npy GRADIENTS.npy

TEST_MODELS is the test program of models/; it writes networks, images and our results
(tests/models/peer_exchange_test.cpp). Five files come from `weir predict W.safetensors IMAGES.npy --out LOGITS.npy` and
`weir gradient W.safetensors IMAGES.npy --labels LABELS.npy --out GRADIENTS.npy`.
Exit: 0 all agree, 1 something does not, 77 PyTorch is not installed. The weights are read with the standard library.
"""
import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
    from torch import nn
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

LARGEST_LOGIT_ERROR = 1e-4      # of the largest logit: both sides round 15 layers of float32 sums differently
SMALLEST_COSINE = 1 - 1e-6      # of all gradients together
SMALLEST_IMAGE_COSINE = 1 - 1e-4
TIGHT_IMAGE_COSINE = 1 - 1e-9   # most images; a ReLU or a maximum that rounds to the other side costs a few theirs
LARGEST_LOOSE_SHARE = 0.1
SMALLEST_UNSURE = 1e-2          # `weir gradient` takes p - 1 in floats: of smaller ones rounding has a share that shows
LARGEST_LENGTH_ERROR = 2.0**-23  # of an exact gradient, which comes in float32: each value is rounded by 2^-24 of itself
SMALLEST_EXACT_COSINE = 1 - 1e-10  # files named *.f64.*: both sides compute in float64, so nothing rounds across a kink

NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # bfloat16: the upper half of a float32

# The networks of the study as lists of layers; widths come from the file. c: convolution, p: max pooling, g: global max
# pooling, f: flatten, l: linear, d: dropout, which only files that list their layers tell of; here it is the identity.
LAYOUTS = {
    "good-init": "cccccp cccccp cccccg ll",
    "deep-conv": "ccp ccp ccp f lll",
    "vgg-like": "ccp ccp cccp cccp cccp f ll",
}
NORM_OF = {"good-init": "none", "deep-conv": "none", "vgg-like": "after_activation"}


def read_safetensors(path):
    """Tensors by name, and the metadata."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], dtype=NUMPY_TYPES[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype(numpy.uint32) << 16).view(numpy.float32)
        tensors[name] = torch.from_numpy(values.astype(numpy.float32).reshape(entry["shape"]))
    return tensors, metadata


def layers_of(metadata):
    """(kind, norm, activation, dropout rate) of each layer, from `layers` where the file has it, else from the model's name."""
    if "layers" in metadata:
        layers = json.loads(metadata["layers"])["layers"]
        letters = {"conv": "c", "max_pool": "p", "global_max_pool": "g", "flatten": "f", "linear": "l", "dropout": "d"}
        return [(letters[layer["kind"]], layer.get("norm", "none"), layer.get("activation", "none") == "relu",
                 layer.get("rate", 0)) for layer in layers]
    letters = LAYOUTS[metadata["model"]].replace(" ", "")
    norm = NORM_OF[metadata["model"]]
    hidden = len(letters) - 1
    return [(letter, norm if letter in "cl" and i < hidden else "none", letter in "cl" and i < hidden, 0)
            for i, letter in enumerate(letters)]


class GlobalMaxPool(nn.Module):
    def forward(self, x):
        return nn.functional.max_pool2d(x, x.shape[2:]).flatten(1)


def rebuild(tensors, metadata):
    epsilon = float(metadata.get("bn_epsilon", 1e-5))
    modules, loaded, parameters = [], set(), {}

    def parameter(target, attribute, name):
        with torch.no_grad():
            getattr(target, attribute).copy_(tensors[name])
        loaded.add(name)
        if not attribute.startswith("running"):
            parameters[name] = getattr(target, attribute)

    def filled(module, name, attributes=("weight", "bias")):
        for attribute in attributes:
            parameter(module, attribute, f"{name}.{attribute}")
        return module

    def norm_layer(number, width, flat):
        norm = (nn.BatchNorm1d if flat else nn.BatchNorm2d)(width, eps=epsilon)
        return filled(norm, f"bn{number}", ("weight", "bias", "running_mean", "running_var"))

    convolutions = linears = norms = 0
    for kind, norm, activation, rate in layers_of(metadata):
        if kind == "p":
            modules.append(nn.MaxPool2d(2))
        elif kind == "g":
            modules.append(GlobalMaxPool())
        elif kind == "f":
            modules.append(nn.Flatten())
        elif kind == "d":
            modules.append(nn.Dropout(rate))
        else:
            if kind == "c":
                convolutions += 1
                norms += 1
                name, number = f"conv{convolutions}", norms
                out, inputs = tensors[f"{name}.weight"].shape[:2]
                layer = nn.Conv2d(inputs, out, 3, padding=1)
            else:
                linears += 1
                norms += norm != "none"
                name, number = f"fc{linears}", norms
                out, inputs = tensors[f"{name}.weight"].shape
                layer = nn.Linear(inputs, out)
            modules.append(filled(layer, name))
            tail = [nn.ReLU()] if activation else []
            if norm != "none":
                tail.insert(0 if norm == "before_activation" else 1, norm_layer(number, out, kind == "l"))
            modules += tail
    strangers = set(tensors) - loaded
    if strangers:
        sys.exit(f"tensors that the network does not have: {sorted(strangers)}")
    return nn.Sequential(*modules).eval(), parameters


def report(what, passes, figures):
    print(f"{'ok  ' if passes else 'FAIL'} {what}: {figures}")
    return passes


def cosines(a, b):
    """Row by row, in double precision; rows that are zero on both sides agree."""
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    lengths = numpy.sqrt((a * a).sum(1) * (b * b).sum(1))
    both_zero = (numpy.abs(a).sum(1) == 0) & (numpy.abs(b).sum(1) == 0)
    return numpy.where(both_zero, 1.0, (a * b).sum(1) / numpy.where(lengths == 0, 1.0, lengths))


def compare_parameters(path, parameters):
    """Every parameter's gradient, in float64 on both sides."""
    ours, _ = read_safetensors(path)
    worst_cosine, worst_length = 1.0, 0.0
    for name, parameter in parameters.items():
        a, b = (x.astype(numpy.float64).reshape(1, -1) for x in (ours[name].numpy(), parameter.grad.numpy()))
        worst_cosine = min(worst_cosine, cosines(a, b)[0])
        worst_length = max(worst_length, abs(numpy.linalg.norm(a) / numpy.linalg.norm(b) - 1))
    return report(f"gradients of each of {len(parameters)} parameters",
                  set(ours) == set(parameters) and worst_cosine >= SMALLEST_EXACT_COSINE and
                  worst_length <= LARGEST_LENGTH_ERROR,
                  f"largest 1 - cosine = {1 - worst_cosine:.2e}, largest error in length {worst_length:.2e}")


def cross_entropy_direction(logits, labels):
    """Softmax minus one-hot of each row, divided by what the other classes have together; and that, [N, 1]. In doubles: a sure
    network's 1 - p of the label is 0 in floats."""
    rows = torch.arange(len(labels))
    others = logits.double().clone()
    others[rows, labels] = -torch.inf
    direction = torch.softmax(others, 1)
    direction[rows, labels] = -1
    unsure = torch.sigmoid(torch.logsumexp(others, 1) - logits.double()[rows, labels])
    return direction, unsure[:, None]


def compare(weights, images, labels, logits, gradients, parameter_gradients=None, of_command=False):
    """of_command: the gradients are those of `weir gradient`, the cross-entropy's in floats. Images that the network is sure of
    then do not count in the comparison image by image."""
    exact = ".f64" in pathlib.Path(weights).suffixes
    precision = torch.float64 if exact else torch.float32
    tensors, metadata = read_safetensors(weights)
    network, parameters = rebuild(tensors, metadata)
    network.to(precision)
    x = torch.from_numpy(numpy.load(images)).to(precision).requires_grad_(True)
    ours_logits, ours_gradients = numpy.load(logits), numpy.load(gradients)
    theirs = network(x)
    seed, unsure = cross_entropy_direction(theirs.detach(), torch.from_numpy(numpy.load(labels)))
    theirs.backward((seed * unsure if of_command else seed).to(precision))
    compared = ((unsure[:, 0] >= SMALLEST_UNSURE) | (not of_command)).numpy()
    theirs_logits, theirs_gradients = theirs.detach().numpy(), x.grad.numpy()
    count = len(ours_logits)
    print(f"{pathlib.Path(weights).stem}: {sum(t.numel() for t in tensors.values()):,} values, {count} images, "
          f"{'float64' if exact else 'float32'}, torch {torch.__version__}")

    scale = numpy.abs(theirs_logits).max()
    error = numpy.abs(ours_logits - theirs_logits).max() / scale
    passes = report("logits", ours_logits.shape == theirs_logits.shape and error <= LARGEST_LOGIT_ERROR,
                    f"largest error {error:.2e} of the largest logit {scale:.3f}")
    ours, theirs = ours_gradients.reshape(count, -1), theirs_gradients.reshape(count, -1)
    together = cosines(ours.reshape(1, -1), theirs.reshape(1, -1))[0]
    passes &= report("gradients together", together >= SMALLEST_COSINE and numpy.abs(theirs).max() > 0,
                     f"1 - cosine = {1 - together:.2e}")
    if not compared.any():
        return report("gradients of each image", False, "the network is sure of every one: nothing is left to compare")
    each = cosines(ours, theirs)[compared]
    loose = (each < TIGHT_IMAGE_COSINE).mean()
    smallest = SMALLEST_EXACT_COSINE if exact else SMALLEST_IMAGE_COSINE
    passes &= report("gradients of each image", each.min() >= smallest and loose <= LARGEST_LOOSE_SHARE,
                     f"{len(each)} of {count}, largest 1 - cosine = {1 - each.min():.2e}, {100 * loose:.1f} % above 1e-9")
    lengths = numpy.linalg.norm(ours, axis=1) / numpy.maximum(numpy.linalg.norm(theirs, axis=1), 1e-30)
    passes &= report("gradient lengths", abs(numpy.median(lengths) - 1) <= 1e-5,
                     f"median ratio {numpy.median(lengths):.9f}")
    if parameter_gradients:
        passes &= compare_parameters(parameter_gradients, parameters)
    return passes


def exchange(program, folder):
    """What the test program computed: five files for each network, six where it wrote the parameters' gradients."""
    subprocess.run([program, "--gtest_filter=PeerExchange.*"], env={**os.environ, "WEIR_PEER_FOLDER": str(folder)},
                   check=True, stdout=subprocess.DEVNULL)
    stems = sorted(str(path).removesuffix(".safetensors") for path in folder.glob("*.safetensors"))
    kinds = ("images", "labels", "logits", "gradients")
    return [[f"{stem}.safetensors", *(f"{stem}-{kind}.npy" for kind in kinds),
             *(path for path in [f"{stem}-parameters.gradients"] if os.path.exists(path))] for stem in stems]


def main(arguments):
    if len(arguments) == 5:
        return 0 if compare(*arguments, of_command=True) else 1
    if len(arguments) != 1:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        networks = exchange(arguments[0], pathlib.Path(folder))
        agreed = [compare(*files) for files in networks]
    print(f"{sum(agreed)} of {len(agreed)} networks agree")
    return 0 if agreed and all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
