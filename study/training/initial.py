"""Keras's initial weights, bit for bit, without Keras, whose import takes longer than a training.

TensorFlow draws them by Philox-4x32-10 of Salmon et al., "Parallel random numbers: as easy as
1, 2, 3", SC 2011.
"""

import math

import numpy as np

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)  # what the key grows by each round
SCRAMBLING_KEY = (0x3EC8F720, 0x02461E29)  # by which TensorFlow spreads a seed over key and counter
LOW = np.uint64(2**32 - 1)
SEEDS = 2**31 - 2  # that Keras tells apart on TensorFlow
MANTISSA, ONE = np.uint32(2**23 - 1), np.uint32(127 << 23)  # of a float32, and the bits of 1.0


def glorot_uniform(n_in: int, n_out: int, seed: int) -> np.ndarray:
    """What `keras.initializers.GlorotUniform(seed)` makes of a kernel: float32, (n_in, n_out).

    Uniform in ± sqrt(6 / (n_in + n_out)); `seed` is a whole number from 0 on.
    """
    limit = math.sqrt(3.0 * (1.0 / max(1.0, (n_in + n_out) / 2.0)))  # rounded as Keras rounds it
    low, high = np.float32(-limit), np.float32(limit)
    uniform = to_unit(random_bits(n_in * n_out, seed % SEEDS))
    return (uniform * (high - low) + low).reshape(n_in, n_out)


def random_bits(count: int, seed: int) -> np.ndarray:
    """The first numbers, uint32, of TensorFlow's stateless generator with the seed [seed, 0]."""
    seeds = np.array([[seed], [0], [0], [0]], np.uint64)
    key_0, key_1, counter_2, counter_3 = (int(word[0]) for word in philox(seeds, SCRAMBLING_KEY))
    blocks = -(-count // 4)
    counters = np.zeros((4, blocks), np.uint64)
    counters[0] = np.arange(blocks)
    counters[2], counters[3] = counter_2, counter_3
    return philox(counters, (key_0, key_1)).T.ravel()[:count].astype(np.uint32)


def philox(counters: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Four random words of 32 bits for each counter: both (4, counters), uint64."""
    a, b, c, d = counters
    for number in range(ROUNDS):
        key_0, key_1 = (np.uint64((k + number * w) % 2**32) for k, w in zip(key, WEYL, strict=True))
        first, second = (np.uint64(m) * x for m, x in zip(MULTIPLIERS, (a, c), strict=True))
        a, b, c, d = (
            (second >> np.uint64(32)) ^ b ^ key_0,
            second & LOW,
            (first >> np.uint64(32)) ^ d ^ key_1,
            first & LOW,
        )
    return np.stack([a, b, c, d])


def to_unit(bits: np.ndarray) -> np.ndarray:
    """float32 from 0 to below 1, by the last 23 of 32 random bits."""
    return (bits & MANTISSA | ONE).view(np.float32) - np.float32(1)
