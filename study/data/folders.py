"""Where in a folder the files of a dataset are, under the names that people find them with."""

import re
from pathlib import Path

from study.core.errors import StudyError
from study.core.formatting import shorten

TEST_WORDS = ("t10k", "test")  # MNIST's, and EMNIST's
IDX_NAME = re.compile(r"(|.*[-_.])(train|t10k|test)-(images-idx3|labels-idx1)-ubyte")
TORCHVISION = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}
"""The folders that torchvision makes, each with its files in `raw`."""
SHOWN = 6  # names in a message


def idx_names(prefix: str = "", test: str = TEST_WORDS[0]) -> list[str]:
    """The usual names of training images, their labels, test images and theirs."""
    return [
        f"{prefix}{part}-{kind}-ubyte"
        for part in ("train", test)
        for kind in ("images-idx3", "labels-idx1")
    ]


def find_files(folder: Path, name: str | None = None) -> list[Path] | None:
    """The one npz file or the four IDX files of a dataset, in the order of `idx_names`, or None.

    With a dataset's name only its own files count: NAME.npz, or IDX files without a prefix, in
    NAME/, in torchvision's NAME/raw/, in the folder itself, or in raw/ below it. Without one, any
    npz file and any prefix do, in the folder itself, else in raw/ or */raw/ below it.

    Raises
    ------
    StudyError
        If there is more than one dataset to choose from, or a part of one only.
    """
    for places in _places(folder, name):
        found = {
            str(label.relative_to(folder)): files
            for place in places
            for label, files in _datasets(place, name).items()
        }
        if len(found) > 1:
            raise StudyError(
                f"{folder} holds several datasets ({list_names(list(found))}): keep one set of "
                "files per folder, and name that folder"
            )
        if found:
            return next(iter(found.values()))
        for place in places:
            _refuse_part(place, name)
    return None


def _places(folder: Path, name: str | None) -> list[list[Path]]:
    """Where to look: first in the places of the first list, all together, then in the next."""
    if name is None:
        return [[folder], [folder / "raw", *sorted(folder.glob("*/raw"))]]
    torchvision = folder / TORCHVISION.get(name, name) / "raw"
    return [[folder / name], [torchvision], [folder], [folder / "raw"]]


def _datasets(place: Path, name: str | None) -> dict[Path, list[Path]]:
    """The files of each whole dataset in a place, by the path that tells it from the others."""
    archives = {
        path: [path]
        for path in _visible_files(place)
        if path.suffix == ".npz" and name in (None, path.stem)
    }
    if archives and name is not None:
        return archives
    files = _idx_files(place)
    return archives | {
        place / names[2].removesuffix("-idx3-ubyte"): [files[usual] for usual in names]
        for names in _idx_sets(files, name)
        if files.keys() >= set(names)
    }


def _refuse_part(place: Path, name: str | None) -> None:
    """Raise `StudyError` if a place without a whole dataset has some of the four IDX files."""
    files = _idx_files(place)
    sets = _idx_sets(files, name)
    lacking = sorted(([n for n in names if n not in files] for names in sets), key=len)
    if lacking:
        raise StudyError(f"{place} lacks {', '.join(lacking[0])}: all four are needed")


def _idx_sets(files: dict[str, Path], name: str | None) -> list[list[str]]:
    """The four usual names of each dataset of which there is a file; see `_idx_files`."""
    prefixes = sorted({match[1] for usual in files if (match := IDX_NAME.fullmatch(usual))})
    return [
        names
        for prefix in prefixes
        if name is None or not prefix
        for names in (idx_names(prefix, test) for test in TEST_WORDS)
    ]


def _idx_files(place: Path) -> dict[str, Path]:
    """IDX files by their usual names, of a file and its gzipped twin the former."""
    found: dict[str, Path] = {}
    for path in _visible_files(place):
        usual = path.name.removesuffix(".gz").replace(".idx", "-idx")
        if IDX_NAME.fullmatch(usual):
            found.setdefault(usual, path)
    return found


def _visible_files(place: Path) -> list[Path]:
    """Files in order; those that macOS hides beside others, ._NAME, are none of the user's."""
    entries = sorted(place.iterdir()) if place.is_dir() else []
    return [path for path in entries if path.is_file() and not path.name.startswith(".")]


def list_entries(folder: Path) -> str:
    """What a folder holds, in words."""
    entries = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
    return list_names([f"{path.name}/" if path.is_dir() else path.name for path in entries])


def list_names(names: list[str]) -> str:
    """Names for a message, as many as fit: a, b and 37 more."""
    shown, more = ", ".join(map(shorten, names[:SHOWN])), len(names) - SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown or "nothing"
