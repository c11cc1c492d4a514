"""TensorFlow as this package uses it: few threads, no chatter, imported when first needed."""

import contextlib
import ctypes.util
import functools
import os
import sys
from collections.abc import Iterator
from typing import Any

from study.core.errors import StudyError
from study.core.memory import freeze_gc, gc_paused, keep_freed_memory
from study.core.stderr import without_chatter

THREADS = "STUDY_THREADS"  # how a process, and those that it starts, know what was asked for
GPUS = "CUDA_VISIBLE_DEVICES"
THREADED = (
    *(THREADS, "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    "MKL_NUM_THREADS",
)


def environment(threads: int) -> dict[str, str]:
    """What a process must have in its environment before it imports TensorFlow, Keras or numba.

    One thread, unless a user asks for more: four processes of one thread use four cores better than
    one process of four. Floating-point sums depend on their number, and never on that of the cores;
    operations follow each other in any case.
    """
    # A user's Keras model may ask for XLA, whose LLVM would start threads of its own to compile,
    # and would use vectors half as wide as the processor's; its highest optimisation level compiles
    # longer for no faster code.
    several = str(threads > 1).lower()
    return {
        "KERAS_BACKEND": "tensorflow",
        "NUMBA_DISABLE_JIT": "0",
        **dict.fromkeys(THREADED, str(threads)),
        "TF_NUM_INTEROP_THREADS": "1",
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={several} "
        "--xla_cpu_parallel_codegen_split_count=1 --xla_cpu_prefer_vector_width=512 "
        "--xla_backend_optimization_level=2",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def is_configured(threads: int) -> bool:
    """Whether this process trains as `environment` says, or can still be made to."""
    numba = sys.modules.get("numba")
    if numba is not None and numba.config.DISABLE_JIT:
        return False
    imported = {"tensorflow", "keras"} & sys.modules.keys()
    return not imported or environment(threads).items() <= os.environ.items()


def set_environment(threads: int) -> None:
    """Set the variables of `environment`, unless TensorFlow has read them already."""
    if "tensorflow" not in sys.modules:
        os.environ.update(environment(threads))
    if "numba" not in sys.modules:  # it refuses another number once it has started threads
        os.environ["NUMBA_NUM_THREADS"] = str(threads)


def configure_process(threads: int | None = None) -> None:
    """Prepare this process to train on so many threads; by default as many as before, else one.

    Raises `StudyError` if Keras was imported for another backend.
    """
    set_environment(threads or int(os.environ.get(THREADS, "1")))
    keras = sys.modules.get("keras")
    if keras is not None and keras.backend.backend() != "tensorflow":
        raise StudyError(
            f"Keras runs on {keras.backend.backend()} in this process, a study needs TensorFlow: "
            "unset KERAS_BACKEND, or import study before keras"
        )


@functools.cache
def import_tensorflow() -> Any:
    """Import TensorFlow, once per process, and without its start-up messages.

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


@functools.cache
def import_without_gpus() -> Any:
    """The same where all computing is on the processor: no GPU is started, or filled.

    What the user says of GPUs stands again afterwards, for other processes.
    """
    with gpus_hidden():
        return import_tensorflow()


def misses_gpus() -> bool:
    """Whether TensorFlow would find a GPU in a new process, and cannot in this one any more."""
    started = import_without_gpus.cache_info().currsize > 0
    return started and os.environ.get(GPUS) not in ("", "-1") and has_gpu_driver()


def has_gpu_driver() -> bool:
    """Whether this machine has the library by which TensorFlow reaches a GPU."""
    return ctypes.util.find_library("cuda") is not None


@contextlib.contextmanager
def gpus_hidden() -> Iterator[None]:
    """Have whatever starts within find no GPU."""
    before = os.environ.get(GPUS)
    os.environ[GPUS] = "-1"
    try:
        yield
    finally:
        del os.environ[GPUS]
        if before is not None:
            os.environ[GPUS] = before
