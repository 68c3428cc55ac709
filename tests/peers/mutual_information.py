#!/usr/bin/env python3
"""Our mutual information and information paths against scikit-learn and NumPy.

usage: mutual_information.py TEST_INFOFLOW

TEST_INFOFLOW is the test program of infoflow/; it writes maps, symbols and our results (tests/infoflow/peer_exchange_test.cpp).
Each pair's information is computed again by sklearn.metrics.mutual_info_score, and a whole path from its definition with
NumPy for pooling and bucketing. Exit: 0 all agree, 1 something does not, 77 the peers are not installed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from sklearn.metrics import mutual_info_score
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PAIR_TOLERANCE = 1e-9  # ours is exact to 2^-28 for each cell and pixel
PATH_TOLERANCE = 1e-6
BUCKETS = 8


def exchange(program, folder):
    subprocess.run(
        [program, "--gtest_filter=PeerExchange.*"],
        env={**os.environ, "WEIR_PEER_FOLDER": str(folder)},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def worst_pair(folder):
    worst, pairs = 0.0, 0
    for file in sorted(folder.glob("pairs-*.npy")):
        ours = np.loadtxt(file.with_suffix(".txt"), ndmin=1)
        maps = np.load(file)
        assert len(maps) == len(ours)
        for (a, b), value in zip(maps, ours):
            worst = max(worst, abs(mutual_info_score(a, b) - value))
            pairs += 1
    return worst, pairs


def max_pooled(maps, side):
    channels, height, width = maps.shape
    return maps.reshape(channels, side, height // side, side, width // side).max(axis=(2, 4))


def symbols(maps):
    """ceil(B (v - min) / (max - min)) for each map, in double; a constant map has symbol 0 everywhere."""
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    width = np.where(high > low, high - low, 1.0)
    return np.ceil(BUCKETS * (flat - low) / width).astype(int)


def mean_information(a, b):
    side = min(a.shape[-1], b.shape[-1])
    a, b = symbols(max_pooled(a, side)), symbols(max_pooled(b, side))
    return np.mean([[mutual_info_score(x, y) for y in b] for x in a])


def worst_point(folder):
    image = np.load(folder / "image.npy")
    layers = [np.load(folder / f"layer-{k}.npy") for k in (1, 2, 3)]
    theirs = [[mean_information(layer, image), mean_information(layer, layers[-1])] for layer in layers]
    return np.abs(np.array(theirs) - np.loadtxt(folder / "path.txt")).max()


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        exchange(sys.argv[1], folder)
        pair, pairs = worst_pair(folder)
        point = worst_point(folder)
    print(f"{pairs} pairs: worst difference {pair:.2e} (allowed {PAIR_TOLERANCE:.0e})")
    print(f"path of 3 layers: worst difference {point:.2e} (allowed {PATH_TOLERANCE:.0e})")
    return 0 if pairs > 0 and pair <= PAIR_TOLERANCE and point <= PATH_TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
