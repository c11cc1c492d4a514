"""The tutorial that the study starts from: its data, and what it reports of them.

"Parameter & HyperParameter Tuning with Bayesian Optimization", a guide and its notebook, tune a
small Keras network for MNIST with scikit-optimize.
"""

MNIST_FINGERPRINT = "a61b55967168a625"
"""The checksum of the whole of MNIST, as `study.data.dataset` computes it."""

MNIST_INPUTS, MNIST_CLASSES = 784, 10

REPORTED = {"baseline": (13_002, 92.83), "gp": (5_637, 98.09), "gbrt": (316_581, 98.13)}
"""Trainable parameters and test accuracy in percent of its networks, by method."""


def reported_results(fingerprint: str) -> dict[str, tuple[int, float]]:
    """`REPORTED` for a problem on the tutorial's data; nothing for another."""
    return REPORTED if fingerprint == MNIST_FINGERPRINT else {}
