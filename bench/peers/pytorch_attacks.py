#!/usr/bin/env python3
"""One attack of another library on PyTorch, timed, in the better of PyTorch's two memory formats. Prints seconds, median.

usage: pytorch_attacks.py W.safetensors IMAGES.npy LABELS.npy LIBRARY ATTACK [REPEATS]

IMAGES are in data units [-1, 1]. LIBRARY/ATTACK: foolbox fgsm|igsm|cw, torchattacks fgsm|igsm|deepfool|jsma, cleverhans
fgsm|igsm. Exit: 77 where the library is not installed. Run it with the environment of compare-with-peers.
"""
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "peers"))
import attacks_pytorch  # noqa: E402  (exits with 77 where there is no PyTorch)
import numpy  # noqa: E402
import torch  # noqa: E402

EPS, STEP, ITERATIONS = 0.025, 0.002, 10
JSMA_PAIRS = 20


class Images:
    def __init__(self, images, labels):
        self.images, self.labels = torch.from_numpy(numpy.load(images)), torch.from_numpy(numpy.load(labels))
        self.eps = EPS


def work_of(peers, library, attack, ours):
    settings = {
        ("foolbox", "fgsm"): ("LinfFastGradientAttack", {}),
        ("foolbox", "igsm"): ("LinfBasicIterativeAttack", {"abs_stepsize": STEP, "steps": ITERATIONS,
                                                           "random_start": False}),
        ("foolbox", "cw"): ("L2CarliniWagnerAttack", {"binary_search_steps": 5, "steps": 100}),
        ("torchattacks", "fgsm"): ("FGSM", {"eps": EPS / 2}),
        ("torchattacks", "igsm"): ("BIM", {"eps": EPS / 2, "alpha": STEP / 2, "steps": ITERATIONS}),
        ("torchattacks", "deepfool"): ("DeepFool", {}),
        ("torchattacks", "jsma"): ("JSMA", {"theta": 0.05, "gamma": 2 * JSMA_PAIRS / 3072}),
    }
    if library == "foolbox":
        name, words = settings[library, attack]
        return lambda: peers.by_foolbox(ours, name, **words)
    if library == "torchattacks":
        name, words = settings[library, attack]
        return lambda: peers.by_torchattacks(ours, name, **words)
    if attack == "fgsm":
        return lambda: peers.cleverhans[0].fast_gradient_method(peers.network, ours.images, EPS, numpy.inf, clip_min=-1,
                                                                clip_max=1)
    return lambda: peers.cleverhans[1].projected_gradient_descent(
        peers.network, ours.images, EPS, STEP, ITERATIONS, numpy.inf, clip_min=-1, clip_max=1, rand_init=False,
        sanity_checks=False)


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(weights, images, labels, library, attack, repeats="3"):
    network, parameters = attacks_pytorch.rebuild(*attacks_pytorch.read_safetensors(weights))
    for parameter in parameters.values():
        parameter.requires_grad_(False)
    peers = attacks_pytorch.Peers(network)
    if getattr(peers, library) is None:
        sys.exit(77)
    ours = Images(images, labels)
    medians = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        network.to(memory_format=memory_format)
        ours.images = ours.images.contiguous(memory_format=memory_format)
        work = work_of(peers, library, attack, ours)
        medians.append(statistics.median(seconds(work) for _ in range(int(repeats))))
    print(min(medians))


if __name__ == "__main__":
    main(*sys.argv[1:])
