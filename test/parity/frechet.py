"""Writes frechet.json: Fréchet distances of random features by NumPy and SciPy, as pytorch-fid and Heusel et al.'s code do.

Debian: apt-get install python3-scipy; then /usr/bin/python3 test/parity/frechet.py; npx oxfmt test/parity
Written with numpy 1.24.2 and scipy 1.10.1 (float64).
"""

import json
from pathlib import Path

import numpy
from scipy.linalg import sqrtm

random = numpy.random.RandomState(11)
# Features are written as whole numbers, their values times this; float32 holds them exactly.
SCALE = 1024


def features(count, dimension, mixing, offset):
    values = random.randn(count, dimension) @ mixing + offset
    return numpy.round(values * SCALE) / SCALE


def distance(a, b):
    apart = a.mean(axis=0) - b.mean(axis=0)
    covariances = [numpy.atleast_2d(numpy.cov(x, rowvar=False)) for x in (a, b)]
    root = sqrtm(covariances[0] @ covariances[1])
    return apart @ apart + numpy.trace(sum(covariances)) - 2 * numpy.trace(root).real


def case(name, dimension, counts):
    mixing = [random.randn(dimension, dimension) for _ in counts]
    a, b = (
        features(count, dimension, mix, offset)
        for count, mix, offset in zip(counts, mixing, (0, 0.5))
    )
    covariance = numpy.atleast_2d(numpy.cov(a, rowvar=False))
    return {
        "name": name,
        "dimension": dimension,
        "a": (a * SCALE).astype(int).ravel().tolist(),
        "b": (b * SCALE).astype(int).ravel().tolist(),
        "mean": a.mean(axis=0).tolist(),
        "covariance": covariance.ravel().tolist(),
        "distance": float(distance(a, b)),
    }


cases = [
    case("one dimension", 1, (5, 7)),
    case("more rows than dimensions", 4, (12, 9)),
    case("fewer rows than dimensions", 6, (4, 5)),
]
path = Path(__file__).with_name("frechet.json")
path.write_text(json.dumps({"scale": SCALE, "cases": cases}) + "\n")
