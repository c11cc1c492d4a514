"""Image files, npz and IDX, which may come from anybody."""

import gzip
import lzma
import math
import os
import struct
import tokenize
import zipfile
import zlib
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from study.core.errors import StudyError, translate_errors

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
# What reading a damaged file can raise, in numpy, zipfile, zlib and lzma.
DAMAGE = (
    *(OSError, ValueError, EOFError, TypeError, RuntimeError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
)
LARGEST = 8 * 2**30  # bytes of one array; who has more images than this needs another program
INFLATED = 1032  # bytes that one byte of a compressed file can stand for, at most


def _translate_damage(path: Path) -> AbstractContextManager[None]:
    return translate_errors(DAMAGE, lambda error: f"{path} cannot be read ({error}): replace it")


def user_folder(data_dir: Path | None) -> Path | None:
    """The folder that the user names, by argument or by STUDY_DATA; None if neither.

    Raises `StudyError` if it is not a folder.
    """
    named = data_dir or (Path(os.environ["STUDY_DATA"]) if os.environ.get("STUDY_DATA") else None)
    if named is not None and not named.is_dir():
        option = "--data-dir" if data_dir else "STUDY_DATA"
        raise StudyError(f"{option} is {named}, which is not a folder: name one that exists")
    return named


def read_folder(folder: Path, name: str | None = None) -> dict[str, np.ndarray] | None:
    """Read the arrays under Keras's names from a folder, or None if it has no such files.

    With a dataset's name only that dataset's files count: NAME.npz or the IDX files in NAME/,
    then the same in the folder itself. Without one, any single npz file does.

    Raises
    ------
    StudyError
        If a file is damaged, incomplete, or there is more than one npz file to choose from.
    """
    for place in (folder / name, folder) if name else (folder,):
        found = place.glob(f"{name}.npz" if name else "*.npz")
        archives = sorted(path for path in found if path.is_file())
        if len(archives) > 1:
            names = ", ".join(path.name for path in archives)
            raise StudyError(f"{place} holds several npz files ({names}): keep only one")
        if archives:
            return read_npz(archives[0])
        paths = {key: _idx_path(place, stem) for key, stem in IDX_FILES.items()}
        missing = [IDX_FILES[key] for key, path in paths.items() if path is None]
        if not missing:
            return {key: read_idx(path) for key, path in paths.items() if path}
        if len(missing) < len(IDX_FILES):
            raise StudyError(f"{place} lacks {', '.join(missing)}: all four are needed")
    return None


def _idx_path(folder: Path, stem: str) -> Path | None:
    candidates = (folder / f"{stem}{ending}" for ending in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read the four arrays of an npz file; pickled objects are refused.

    Raises `StudyError` if the file is damaged, lacks an array, or has one that is too large.
    """
    with _translate_damage(path), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        missing = [key for key in ARRAYS if key not in members]
        if missing:
            raise StudyError(f"{path} lacks {', '.join(missing)}: save all four arrays")
        room = INFLATED * path.stat().st_size
        return {key: _member(archive, members[key], room) for key in ARRAYS}


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> np.ndarray:
    """One array of an npz file; what its header announces is checked before memory is taken."""
    with archive.open(entry) as file:
        # Version 1.0 is what numpy writes for all but records of many fields; its header is small.
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"{entry.filename} is not an array of plain numbers")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        size = math.prod(shape) * dtype.itemsize
        if file.tell() + size != entry.file_size:
            raise ValueError(f"{entry.filename} announces {shape}, its content is of another size")
        _check_room(size, room)
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def _check_room(size: int, room: int) -> None:
    """Raise ValueError if so many bytes cannot come out of the file, or are too many to take."""
    if size > min(room, LARGEST):
        raise ValueError(
            f"it announces {size:,} bytes of pixels or labels, at most {min(room, LARGEST):,} "
            "can be in it"
        )


def read_idx(path: Path) -> np.ndarray:
    """Read one IDX file of unsigned bytes, gzipped or not.

    The format: two zero bytes, 8 for unsigned byte, the number of dimensions, each size as a
    big-endian 32-bit integer, then the bytes. At most the bytes that the header announces are
    read, plus one that would give a longer file away; and none if it announces too many.

    Raises `StudyError` if the file is damaged, or too large.
    """
    zipped = path.suffix == ".gz"
    with _translate_damage(path), gzip.open(path) if zipped else path.open("rb") as file:
        head = file.read(4)
        if len(head) < 4 or head[:3] != b"\0\0\x08" or head[3] not in (1, 2, 3, 4):
            raise ValueError("no IDX header of unsigned bytes")
        shape = tuple(np.frombuffer(file.read(4 * head[3]), ">u4").tolist())
        size = math.prod(shape)
        _check_room(size, path.stat().st_size * (INFLATED if zipped else 1))
        body = file.read(size + 1)
        if len(shape) != head[3] or len(body) != size:
            raise ValueError(f"its header announces {shape}, its content is of another size")
    return np.frombuffer(body, np.uint8).reshape(shape)
