#!/usr/bin/env python3
"""Weir's attacks against Foolbox 3, torchattacks and cleverhans on one network: same weights, same images, same settings.

usage: attacks_pytorch.py WEIR [COUNT] [--attacks LIST] [--full]

WEIR is the program; COUNT (16) images of the embedded set are attacked on the weights of good-init that come with it, under
exact numerics. --full gives Foolbox's C&W its own 9 x 10,000 steps instead of 9 x 100. A library that is not installed is
named and left out. Exit: 0 all agree, 1 something does not, 77 there is no PyTorch or none of the libraries.
Sign steps agree element by element up to ties: where a component of the gradient is rounding noise, its sign is too.
Minimal attacks: ours fool every image that the peer's fool, at a median distance that is no larger.
"""
import argparse
import csv
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile

from rebuild_pytorch import read_safetensors, rebuild, report  # exits with 77 where there is no PyTorch

import numpy
import torch

NOISE = 1e-4              # a component this small beside its image's largest is a tie: both sides round 15 layers in float32
LARGEST_SHARE_OF_TIES = 5e-3
LARGEST_SHARE_AFTER_TEN_STEPS = 5e-2  # each tie sends the next gradients a little apart; each single step has its own check
SAME_PIXEL = 1e-5         # data units; a sign is worth 4e-3 and more, rounding a step in [0, 1] instead of [-1, 1] 1e-7
LARGEST_DISTANCE_RATIO = 1.005  # 1.00 as one prints it


def library(name, *parts):
    """The modules of a library, or None where it is not installed."""
    try:
        return [importlib.import_module(part) for part in (parts or (name,))]
    except ImportError as missing:
        print(f"left out: {name} ({missing})")
        return None


class Ours:
    """What `weir attack` made of its images; only rows that the network got right."""

    def __init__(self, weir, attack, count, *options):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([weir, "attack", attack, "good-init", "--count", str(count), "--numerics", "exact", "--quiet",
                            "--out", folder, *options], check=True, stdout=subprocess.DEVNULL)
            folder = pathlib.Path(folder)
            self.summary = json.loads((folder / "summary.json").read_text())
            with open(folder / "records.csv", newline="") as file:
                records = list(csv.DictReader(file))
            attacked = [i for i, record in enumerate(records) if record["status"] != "skipped_misclassified"]
            self.records = [records[i] for i in attacked]
            self.clean, self.moved, labels = (numpy.load(folder / f"{name}.npy")[attacked]
                                              for name in ("original", "adversarial", "labels"))
            self.labels = torch.from_numpy(labels)
        self.images = torch.from_numpy(self.clean)
        self.fooled = numpy.array([record["status"] == "success" for record in self.records])

    def distances(self, moved):
        return numpy.linalg.norm((moved - self.clean).reshape(len(moved), -1).astype(numpy.float64), axis=1)


class UnitRange(torch.nn.Module):
    """The network on pixels in [0, 1], for libraries that know no other range."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(2 * x - 1)


class Peers:
    """The libraries that are here, each attack as a function from our clean images to theirs, in data units."""

    def __init__(self, network):
        self.network = network
        self.foolbox = library("foolbox")
        self.torchattacks = library("torchattacks")
        self.cleverhans = library("cleverhans", "cleverhans.torch.attacks.fast_gradient_method",
                                  "cleverhans.torch.attacks.projected_gradient_descent")
        if not (self.foolbox or self.torchattacks or self.cleverhans):
            sys.exit(77)

    def by_foolbox(self, ours, attack, **settings):
        foolbox = self.foolbox[0]
        model = foolbox.PyTorchModel(self.network, bounds=(-1, 1))
        _, moved, _ = getattr(foolbox.attacks, attack)(**settings)(model, ours.images, ours.labels,
                                                                  epsilons=ours.eps if hasattr(ours, "eps") else None)
        return moved.detach().numpy()

    def by_torchattacks(self, ours, attack, targets=None, **settings):
        peer = getattr(self.torchattacks[0], attack)(UnitRange(self.network).eval(), **settings)
        labels = ours.labels
        if targets is not None:
            peer.set_mode_targeted_by_label(quiet=True)
            labels = targets
        # Its check of the range allows no rounding, so the ends are put back where they were.
        unit = ((ours.images.double() + 1) / 2).clamp(0, 1).float()
        return (2 * peer(unit, labels).double() - 1).float().detach().numpy()


def gradient(network, images, labels):
    """In float64, [n, C, H, W]."""
    network.double()
    x = torch.from_numpy(images).double().requires_grad_(True)
    torch.nn.functional.cross_entropy(network(x), labels, reduction="sum").backward()
    network.float()
    return x.grad.numpy()


def ties(slope):
    """Where a component of a gradient is no more than rounding noise."""
    size = numpy.abs(slope)
    return size <= NOISE * size.max(axis=(1, 2, 3), keepdims=True)


def same_signs(what, network, ours, moved, largest_share, only_ties):
    different = numpy.abs(ours.moved - moved) > SAME_PIXEL
    share = different.mean()
    unexplained = (different & ~ties(gradient(network, ours.clean, ours.labels))).sum() if only_ties else 0
    return report(what, share <= largest_share and unexplained == 0 and numpy.abs(moved - ours.clean).max() > 0,
                  f"{different.sum()} of {different.size} components differ ({100 * share:.3f} %)" +
                  (f", {unexplained} of them no ties" if only_ties else ""))


def compare_fgsm(weir, count, peers):
    ours = Ours(weir, "fgsm", count, "--eps", "0.025")
    ours.eps = 0.025
    made = {}
    if peers.cleverhans:
        made["cleverhans"] = peers.cleverhans[0].fast_gradient_method(
            peers.network, ours.images, ours.eps, numpy.inf, clip_min=-1, clip_max=1).detach().numpy()
    if peers.foolbox:
        made["Foolbox"] = peers.by_foolbox(ours, "LinfFastGradientAttack")
    if peers.torchattacks:
        made["torchattacks"] = peers.by_torchattacks(ours, "FGSM", eps=ours.eps / 2)
    return [same_signs(f"FGSM, {name}", peers.network, ours, moved, LARGEST_SHARE_OF_TIES, True)
            for name, moved in made.items()]


def compare_igsm(weir, count, peers):
    ours = Ours(weir, "igsm", count, "--eps", "0.025", "--step", "0.002", "--iterations", "10")
    ours.eps = 0.025
    made = {}
    if peers.cleverhans:
        made["cleverhans"] = peers.cleverhans[1].projected_gradient_descent(
            peers.network, ours.images, ours.eps, 0.002, 10, numpy.inf, clip_min=-1, clip_max=1, rand_init=False,
            sanity_checks=False).detach().numpy()
    if peers.foolbox:
        made["Foolbox"] = peers.by_foolbox(ours, "LinfBasicIterativeAttack", abs_stepsize=0.002, steps=10,
                                           random_start=False)
    if peers.torchattacks:
        made["torchattacks"] = peers.by_torchattacks(ours, "BIM", eps=ours.eps / 2, alpha=0.001, steps=10)
    return [same_signs(f"IGSM, {name}", peers.network, ours, moved, LARGEST_SHARE_AFTER_TEN_STEPS, False)
            for name, moved in made.items()] + [each_step_of_igsm(weir, count, peers.network)]


def each_step_of_igsm(weir, count, network):
    """From each of our iterates the next step is the one that float64 takes, up to ties."""
    here, tied, wrong, steps = None, 0, 0, 10
    for step in range(steps):
        ours = Ours(weir, "igsm", count, "--eps", "0.025", "--step", "0.002", "--iterations", str(step + 1))
        here = ours.clean if here is None else here
        slope = gradient(network, here, ours.labels)
        expected = numpy.clip(here + 0.002 * numpy.sign(slope), -1, 1)
        different = numpy.abs(ours.moved - expected) > SAME_PIXEL
        tied += (different & ties(slope)).sum()
        wrong += (different & ~ties(slope)).sum()
        here = ours.moved
    return report(f"IGSM, each of {steps} steps from our iterate, float64", wrong == 0,
                  f"{tied} of {steps * here.size} components are ties, {wrong} differ otherwise")


def no_further(what, network, ours, moved):
    """Ours fools every image that the peer fools, image by image, and those at a median distance that is no larger."""
    with torch.no_grad():
        fooled = (network(torch.from_numpy(moved)).argmax(1) != ours.labels).numpy()
    both = fooled & ours.fooled
    only_theirs = [record["id"] for record, theirs, mine in zip(ours.records, fooled, ours.fooled) if theirs and not mine]
    mine, theirs = ours.distances(ours.moved)[both], ours.distances(moved)[both]
    ratio = numpy.median(mine) / numpy.median(theirs) if both.any() else numpy.inf
    return report(what, not only_theirs and ratio <= LARGEST_DISTANCE_RATIO,
                  f"fooled {ours.fooled.sum()} and {fooled.sum()} of {len(fooled)}, " +
                  (f"only the peer fooled {', '.join(only_theirs)}" if only_theirs else "none by the peer alone") +
                  (f"; median l2 {numpy.median(mine):.4f} and {numpy.median(theirs):.4f}, ratio {ratio:.4f}"
                   if both.any() else ""))


def compare_deepfool(weir, count, peers):
    passes = []
    if peers.foolbox:
        ours = Ours(weir, "deepfool", count, "--reading", "foolbox3", "--steps", "50")
        passes.append(no_further("DeepFool, Foolbox", peers.network, ours, peers.by_foolbox(ours, "L2DeepFoolAttack")))
    if peers.torchattacks:  # goes beyond the boundary at every step, as Foolbox 1 does
        ours = Ours(weir, "deepfool", count, "--reading", "foolbox1", "--steps", "50", "--overshoot", "0.02")
        passes.append(no_further("DeepFool, torchattacks", peers.network, ours,
                                 peers.by_torchattacks(ours, "DeepFool")))
    return passes


def compare_cw(weir, count, peers, steps):
    passes = []
    if peers.foolbox:  # its constants multiply distances in [-1, 1] as ours do
        ours = Ours(weir, "cw", count, "--binary-steps", "9", "--iterations", str(steps), "--learning-rate", "0.01",
                    "--initial-constant", "0.001", "--adam", "torch")
        passes.append(no_further(f"C&W 9 x {steps:,}, Foolbox", peers.network, ours,
                                 peers.by_foolbox(ours, "L2CarliniWagnerAttack", steps=steps)))
    if peers.torchattacks:  # its squares are a quarter of ours, so its constant of 1 is 4 of ours
        ours = Ours(weir, "cw", count, "--binary-steps", "1", "--iterations", "50", "--learning-rate", "0.01",
                    "--initial-constant", "4", "--adam", "torch")
        passes.append(no_further("C&W 1 x 50, torchattacks", peers.network, ours, peers.by_torchattacks(ours, "CW")))
    return passes


def compare_jsma(weir, count, peers):
    """The first 20 pairs, one prefix after the other, so that their order counts too."""
    if not peers.torchattacks:
        return []
    features, agreed, asked = 3072, 0, 0
    for pairs in (1, 2, 5, 10, 20):
        ours = Ours(weir, "jsma", min(count, 8), "--on", "logits", "--target", "next", "--gamma", f"{2 * pairs / features}")
        moved = peers.by_torchattacks(ours, "JSMA", theta=0.05, gamma=2 * pairs / features)
        for i in range(len(moved)):
            asked += 1
            agreed += numpy.array_equal(ours.moved[i] != ours.clean[i], numpy.abs(moved[i] - ours.clean[i]) > SAME_PIXEL)
    return [report("JSMA on logits, torchattacks", asked > 0 and agreed == asked,
                   f"{agreed} of {asked} prefixes of up to 20 pairs are the same")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("count", nargs="?", type=int, default=16)
    parser.add_argument("--attacks", default="fgsm,igsm,jsma,deepfool,cw")
    parser.add_argument("--full", action="store_true")
    words = parser.parse_args()
    weights = Ours(words.weir, "fgsm", 1).summary["weights"]
    network, parameters = rebuild(*read_safetensors(weights))
    for parameter in parameters.values():
        parameter.requires_grad_(False)
    peers = Peers(network)
    compare = {"fgsm": compare_fgsm, "igsm": compare_igsm, "jsma": compare_jsma, "deepfool": compare_deepfool,
               "cw": lambda *three: compare_cw(*three, steps=10000 if words.full else 100)}
    passes = []
    for attack in words.attacks.split(","):
        passes += compare[attack](words.weir, words.count, peers)
    print(f"{sum(passes)} of {len(passes)} comparisons agree")
    return 0 if passes and all(passes) else 1


if __name__ == "__main__":
    sys.exit(main())
