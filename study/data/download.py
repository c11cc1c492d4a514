"""The Keras download of MNIST and Fashion-MNIST, and the cache that it fills."""

import http.client
import os
import urllib.request
from collections.abc import Callable
from pathlib import Path

from study.core.errors import StudyError
from study.data.folders import idx_names
from study.data.formats import read_idx, read_npz

# Where Keras's own datasets module downloads from, and the names it caches them under.
KERAS_HOST = "storage.googleapis.com"
KERAS_URL = f"https://{KERAS_HOST}/tensorflow/tf-keras-datasets/"

KERAS_FILES = {
    "mnist": ["mnist.npz"],
    "fashion-mnist": [f"fashion-mnist/{name}.gz" for name in idx_names()],
}


TIMEOUT_SECONDS = 10  # without an answer for this long there is no network


def keras_cache() -> Path:
    """Where Keras keeps its downloads."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def download(name: str, progress: Callable[[int, int], None] | None = None) -> Path:
    """Fetch a dataset's files into the Keras cache, and return the cache.

    Raises OSError if there is no network, no answer within ten seconds, or an answer that is
    not the file; nothing is left in the cache then.
    """
    for relative in KERAS_FILES[name]:
        target = keras_cache() / relative
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{os.getpid()}.{target.name}")
        try:
            _fetch(KERAS_URL + target.name, partial, progress)
            (read_npz if target.suffix == ".npz" else read_idx)(partial)
            partial.replace(target)
        except (http.client.HTTPException, StudyError) as error:
            raise OSError(f"the answer is not {target.name}") from error
        finally:
            partial.unlink(missing_ok=True)
    return keras_cache()


def _fetch(address: str, path: Path, progress: Callable[[int, int], None] | None) -> None:
    with (
        urllib.request.urlopen(  # noqa: S310 (the address is the constant above)
            address, timeout=TIMEOUT_SECONDS
        ) as response,
        path.open("wb") as file,
    ):
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(1 << 16):
            file.write(chunk)
            if progress:
                progress(file.tell(), total)
        if total and file.tell() != total:
            raise OSError("the connection broke off")
