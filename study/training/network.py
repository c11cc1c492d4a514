"""The tutorial's search space, and the Keras network of a configuration."""

import contextlib
import functools
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from study.core.memory import collecting_later, keep_freed_memory, spare_collector
from study.core.space import Categorical, Configuration, Integer, Real, Space

SPACE = Space(
    (
        Real(name="learning_rate", low=1e-4, high=1e-2, log=True),
        Integer(name="num_dense_layers", low=1, high=5),
        Integer(name="num_input_nodes", low=1, high=512),
        Integer(name="num_dense_nodes", low=1, high=28),
        Categorical(name="activation", choices=("relu", "sigmoid")),
        Integer(name="batch_size", low=1, high=128),
        Real(name="adam_decay", low=1e-6, high=1e-2),
    )
)
DEFAULT = SPACE.configuration([1e-3, 1, 512, 13, "relu", 64, 1e-3])
BASELINE = SPACE.configuration([1e-3, 1, 16, 16, "relu", 128, 0.0])

# One thread: four processes of one thread use four cores better than one process of four,
# and floating-point sums do not depend on how many cores the machine has. A Keras model of one's
# own may ask for XLA, whose LLVM would start threads of its own to compile, and would use half of
# what vector units there are; its highest optimisation level compiles longer for no faster code.
ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false --xla_cpu_parallel_codegen_split_count=1 "
    "--xla_cpu_prefer_vector_width=512 --xla_backend_optimization_level=2",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
}
"""What a process must have in its environment before it imports TensorFlow."""


def undisturbed() -> bool:
    """Whether TensorFlow works in this process as `ENVIRONMENT` says, or can still be made to."""
    return "tensorflow" not in sys.modules or ENVIRONMENT.items() <= os.environ.items()


@functools.cache
def tensorflow() -> Any:
    """Import TensorFlow, once per process, on one thread and without its start-up chatter.

    Side effect: sets the variables of `ENVIRONMENT` that TensorFlow reads at import, unless
    it is imported already.
    """
    if "tensorflow" not in sys.modules:
        os.environ.update(ENVIRONMENT)
    keep_freed_memory()
    with _quiet_stderr(), collecting_later():
        import tensorflow as tf

        # The first compiled function starts the devices and XLA, which log too.
        tf.function(lambda: tf.constant(0), jit_compile=True, autograph=False)()
        spare_collector()
    return tf


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hold back what C++ libraries write to file descriptor 2; show it if the body raises."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        except BaseException:
            buffer.seek(0)
            os.write(kept, buffer.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def widths(configuration: Configuration) -> list[int]:
    """Units of each hidden layer: the input layer, then the dense layers."""
    layers, nodes = configuration["num_dense_layers"], configuration["num_dense_nodes"]
    return [int(configuration["num_input_nodes"]), *[int(nodes)] * int(layers)]


def parameter_count(configuration: Configuration, inputs: int, classes: int) -> int:
    """Trainable parameters, without building the network: weights and biases of each layer."""
    sizes = [inputs, *widths(configuration), classes]
    return sum((a + 1) * b for a, b in itertools.pairwise(sizes))


def build(configuration: Configuration, inputs: int, classes: int, rng: np.random.Generator) -> Any:
    """A fresh Keras model with Keras's default initialisers, seeded from `rng`."""
    tensorflow()
    import keras

    def dense(units: int, activation: str) -> Any:
        seed = int(rng.integers(2**31))
        glorot = keras.initializers.GlorotUniform(seed=seed)
        return keras.layers.Dense(units, activation=activation, kernel_initializer=glorot)

    activation = str(configuration["activation"])
    hidden = [dense(units, activation) for units in widths(configuration)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, dense(classes, "softmax")])
