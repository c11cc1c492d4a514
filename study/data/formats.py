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

from study.core.errors import StudyError, reason_of, translate_errors
from study.core.validation import to_path
from study.data.folders import find_files, list_names

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
# What reading a damaged file can raise, in numpy, zipfile, zlib and lzma.
DAMAGE = (
    *(OSError, ValueError, EOFError, TypeError, RuntimeError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
)
LARGEST = 8 * 2**30  # bytes of one array; who has more images than this needs another program
GZIPPED = b"\x1f\x8b"  # how such a file begins
INFLATED = 1032  # bytes that one byte of a compressed file can stand for, at most


def _translate_damage(path: Path) -> AbstractContextManager[None]:
    def message(error: Exception) -> str:
        return f"{path} cannot be read ({reason_of(error, with_path=False)}): replace it"

    return translate_errors(DAMAGE, message)


def user_folder(data_dir: Path | None) -> Path | None:
    """The folder that the user names, by argument or by STUDY_DATA; None if neither.

    Raises `StudyError` if it is not a folder.
    """
    given = data_dir or os.environ.get("STUDY_DATA")
    if not given:
        return None
    option = "--data-dir" if data_dir else "STUDY_DATA"
    named = to_path(option, given)
    if not named.is_dir():
        raise StudyError(f"{option} is {named}, which is not a folder: name one that exists")
    return named


def read_folder(folder: Path, name: str | None = None) -> dict[str, np.ndarray] | None:
    """Read the arrays under Keras's names from a folder, or None if it has no such files.

    Raises `StudyError` if a file is damaged, and as `study.data.folders.find_files` does.
    """
    files = find_files(folder, name)
    return read_files(files) if files else None


def read_files(files: list[Path]) -> dict[str, np.ndarray]:
    """Read one npz file, or four IDX files in the order of `ARRAYS`.

    Raises `StudyError` as `read_npz` and `read_idx` do.
    """
    if len(files) == 1:
        return read_npz(files[0])
    return dict(zip(ARRAYS, map(read_idx, files), strict=True))


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read the four arrays of an npz file; pickled objects are refused.

    Raises `StudyError` if the file is damaged, lacks an array, or has one that is too large or
    holds Python objects.
    """
    with _translate_damage(path), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        missing = [key for key in ARRAYS if key not in members]
        if missing:
            raise StudyError(
                f"{path} lacks {', '.join(missing)}: save all four arrays under these names (it "
                f"holds {list_names(list(members))})"
            )
        room = INFLATED * path.stat().st_size
        return {key: _member(path, archive, members[key], room) for key in ARRAYS}


def _member(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> np.ndarray:
    """One array of an npz file; what its header announces is checked before memory is taken."""
    with archive.open(entry) as file:
        # Version 1.0 is what numpy writes for all but records of many fields; its header is small.
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"{entry.filename} is not an array of plain numbers or text")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.hasobject:
            raise _object_error(path, entry.filename.removesuffix(".npy"))
        size = math.prod(shape) * dtype.itemsize
        if file.tell() + size != entry.file_size:
            raise ValueError(f"{entry.filename} announces {shape}, its content is of another size")
        _check_room(size, room)
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def _object_error(path: Path, key: str) -> StudyError:
    """The error for an array that only pickle, which runs code, could read."""
    images = f"np.stack({key}).astype(np.uint8)"
    return StudyError(
        f"{path} cannot be read: the array {key} holds Python objects, which are never unpickled; "
        f"save it as numbers or text, such as {images if key[0] == 'x' else f'{key}.astype(str)'}"
    )


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
    with _translate_damage(path), path.open("rb") as raw:
        zipped = raw.peek(2)[:2] == GZIPPED  # browsers unzip a file and keep its .gz
        with gzip.open(raw) if zipped else raw as file:
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
