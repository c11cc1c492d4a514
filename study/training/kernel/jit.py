"""The compiler's options, and a cache of machine code that knows every source of the kernel."""

import contextlib
import functools
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

FOLDER = "study-kernel-"  # followed by the checksum of the sources


@functools.cache
def source_checksum() -> str:
    """A checksum of all Python files of this folder.

    Raises
    ------
    RuntimeError
        If there are none, as where only byte code is installed.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    if not sources:
        raise RuntimeError("the kernel's sources cannot be read")
    digest = sha256()
    for source in sources:
        digest.update(f"{source.name}\0".encode() + source.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Compiled versions of one function, in a folder named after the checksum of all sources.

    numba itself checks the file of a function, not the files of the functions and constants that
    were compiled into it: after a change to one of those it would run outdated code. The folder
    lies where numba keeps its cache: NUMBA_CACHE_DIR, else `__pycache__`, else the user's cache.
    The folders of other checksums beside it are removed.

    Raises
    ------
    RuntimeError
        If nothing can be written anywhere.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        checksum = source_checksum()
        folder = Path(self.cache_path, FOLDER + checksum)
        if not folder.is_dir():
            for outdated in set(folder.parent.glob(f"{FOLDER}*")) - {folder}:
                shutil.rmtree(outdated, ignore_errors=True)
        self._cache_path = str(folder)
        self._cache_file = IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=checksum,
        )

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep what was compiled for these argument types, if it can be written."""
        with contextlib.suppress(OSError):  # a full disk, say, is no reason not to train
            Path(self._cache_path).mkdir(exist_ok=True)
            super().save_overload(signature, result)


def compiled(*, inline: bool = False) -> Callable[[Any], Any]:
    """Compile a function once per installation, or once per process where no cache can be kept.

    Floating-point sums may be reassociated and products contracted into fused multiply-adds; NaN
    and infinity behave as IEEE 754 says. The interpreter lock is released, so that progress is
    shown and a Dask worker answers its scheduler during an epoch.
    """
    options = {
        "fastmath": {"reassoc", "contract", "nsz"},
        "error_model": "numpy",
        "forceinline": inline,
        "nogil": True,
    }

    def decorate(function: Any) -> Any:
        dispatcher = njit(**options)(function)
        with contextlib.suppress(RuntimeError):
            dispatcher._cache = KernelCache(function)
        return dispatcher

    return decorate
