"""How this process takes memory from the system, and looks for what it can give up."""

import contextlib
import ctypes
import gc
import multiprocessing
import traceback
from collections.abc import Iterator


def keep_freed_memory() -> None:
    """Let glibc keep what a step frees for the next one.

    Handing it back to the system and asking for it again takes longer than the arithmetic, most of
    all in Dask's workers, which are told to hand back everything: trainings of 9.8 s took 2.6 s.
    """
    trim_threshold, mmap_threshold = -1, -3  # as in malloc.h
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(trim_threshold, 1 << 30)
        libc.mallopt(mmap_threshold, 1 << 30)


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """Make very many objects, none of them garbage.

    Python would look through all of them again and again, which took 40 % of the time that a large
    study takes to open, and a third of what TensorFlow takes to import.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def freeze_gc() -> None:
    """Have a worker's Python look for garbage in what it makes from now on only.

    To look through TensorFlow takes half a second. The process that a user started is left alone:
    what becomes garbage of what is there would never be found.
    """
    if multiprocessing.parent_process() is not None:
        gc.freeze()


@contextlib.contextmanager
def new_garbage_collected() -> Iterator[None]:
    """Free what the body leaves behind; what was there before is not looked through for it.

    To look through TensorFlow takes a fifth of a second each time.
    """
    ours = not gc.get_freeze_count()  # in a worker, TensorFlow is left out for good
    if ours:
        gc.freeze()
    try:
        yield
    except Exception as error:
        traceback.clear_frames(error.__traceback__)  # they hold what failed
        raise
    finally:
        gc.collect()
        if ours:
            gc.unfreeze()
