"""TensorFlow as this package uses it: one thread, no chatter, imported when it is first needed."""

import functools
import os
import sys
from typing import Any

from study.core.errors import StudyError
from study.core.memory import freeze_gc, gc_paused, keep_freed_memory
from study.core.stderr import without_chatter

# One thread: four processes of one thread use four cores better than one process of four,
# and floating-point sums do not depend on how many cores the machine has. A user's Keras model may
# ask for XLA, whose LLVM would start threads of its own to compile, and would use vectors half as
# wide as the processor's; its highest optimisation level compiles longer for no faster code.
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "NUMBA_DISABLE_JIT": "0",
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
"""What a process must have in its environment before it imports TensorFlow, Keras or numba."""


def is_configured() -> bool:
    """Whether this process trains as `ENVIRONMENT` says, or can still be made to."""
    numba = sys.modules.get("numba")
    if numba is not None and numba.config.DISABLE_JIT:
        return False
    imported = {"tensorflow", "keras"} & sys.modules.keys()
    return not imported or ENVIRONMENT.items() <= os.environ.items()


def configure_process() -> None:
    """Set the variables of `ENVIRONMENT`, unless TensorFlow has read them already.

    Raises `StudyError` if Keras was imported for another backend.
    """
    if "tensorflow" not in sys.modules:
        os.environ.update(ENVIRONMENT)
    keras = sys.modules.get("keras")
    if keras is not None and keras.backend.backend() != "tensorflow":
        raise StudyError(
            f"Keras runs on {keras.backend.backend()} in this process, a study needs TensorFlow: "
            "unset KERAS_BACKEND, or import study before keras"
        )


@functools.cache
def import_tensorflow() -> Any:
    """Import TensorFlow, once per process, on one thread and without its start-up messages.

    Side effect, and what is raised: see `configure_process`.
    """
    configure_process()
    keep_freed_memory()
    with without_chatter(), gc_paused():
        import tensorflow as tf

        # The first compiled function starts the devices and XLA, which log too.
        tf.function(lambda: tf.constant(0), jit_compile=True, autograph=False)()
        freeze_gc()
    return tf
