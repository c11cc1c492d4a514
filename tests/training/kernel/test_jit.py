"""What was compiled is kept, and never outlives the sources that it was compiled from."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numba.core import caching, config

from study.training import kernel
from study.training.kernel import jit

KERNEL = Path(kernel.__file__).parent

TRAIN = """
import numpy as np
from study.training.kernel import *
from study.training.kernel import simd, sparse_layer
rng = np.random.default_rng(0)
x, y = rng.integers(0, 256, (50, 8)).astype(np.uint8), rng.integers(0, 3, 50).astype(np.int32)
state = pack_weights([rng.normal(0, 0.3, size) for size in ((8, 4), 4, (4, 3), 3)])
shape, order = network_shape([8, 4, 3], relu=True), np.arange(50)
images, batch = prepare_images(x, y, 1 / 255), allocate_batch(shape, 10)
for schedule in adam_schedules(0.01, 0.0, epochs=1, steps=5):
    train_epoch(images, state, shape, batch, order, 10, schedule)
evaluate(images, state, shape, batch, order)
print(state.weights.tobytes().hex())
slow = simd.add_matmul, sparse_layer.first_layer_forward, sparse_layer.first_layer_backward
print(*(len(function.signatures) for function in slow))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a package `study` of nothing but the kernel, and no compiled code."""
    target = tmp_path / "study" / "training" / "kernel"
    shutil.copytree(KERNEL, target, ignore=shutil.ignore_patterns("__pycache__"))
    for package in (target.parent, target.parent.parent):
        (package / "__init__.py").touch()
    return tmp_path


def train(copy: Path) -> list[str]:
    """Train in a new process: the weights, and how often what compiles slowly was compiled."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(copy / "cache"), "PYTHONPATH": str(copy)}
    command = [sys.executable, "-c", TRAIN]
    run = subprocess.run(
        command, env=environment, cwd=copy, check=True, stdout=subprocess.PIPE, text=True
    )
    return run.stdout.splitlines()


def kept(copy: Path) -> dict[Path, int]:
    """When each file of the cache was written."""
    return {path: path.stat().st_mtime_ns for path in (copy / "cache").rglob("*.nb?")}


@pytest.mark.slow
@pytest.mark.long
def test_a_changed_constant_changes_the_next_training(copy: Path) -> None:
    """A constant of lazy_adam, which is compiled into functions of other files."""
    first, counts = train(copy)
    assert counts == "1 1 1"  # numba would compile anew for literals among the arguments
    files = kept(copy)
    assert files
    assert train(copy) == [first, "0 0 0"]
    assert kept(copy) == files
    source = copy / "study" / "training" / "kernel" / "lazy_adam.py"
    text = source.read_text()
    source.write_text(text.replace("EPSILON = 0.9, 0.999, 1e-7", "EPSILON = 0.9, 0.999, 1e-3"))
    assert source.read_text() != text
    assert train(copy)[0] != first
    assert not kept(copy).keys() & files.keys()  # what is outdated does not pile up


def double(x: Any) -> Any:
    return 2 * x


def test_where_nothing_can_be_written_it_compiles_once_per_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "makedirs", refuse)  # by which numba tries where it can write
    with pytest.raises(RuntimeError):
        jit.KernelCache(double)
    assert jit.compiled()(double)(21) == 42


def test_without_sources_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.pyc"))
    jit.source_checksum.cache_clear()
    with pytest.raises(RuntimeError, match="cannot be read"):
        jit.KernelCache(double)


def test_a_cache_that_is_taken_away_is_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A process with other sources may remove a folder that this one uses."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    function = jit.compiled()(double)
    assert function(21) == 42
    (folder,) = tmp_path.rglob(f"{jit.FOLDER}*")
    shutil.rmtree(folder)
    assert function(1.5) == 3
    assert list(folder.glob("*.double-*.nbi"))


def test_a_full_disk_does_not_stop_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", refuse)
    assert jit.compiled()(double)(1.5) == 3


@pytest.mark.parametrize("path", sorted(KERNEL.glob("*.py")), ids=lambda path: path.stem)
def test_the_kernel_imports_nothing_else_of_the_package(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert not name.startswith("study") or name.startswith("study.training.kernel")


@pytest.mark.parametrize("module", ["study", "study.training.network", "study.training.trainer"])
def test_importing_the_package_does_not_import_numba(module: str) -> None:
    code = f"import {module}, sys; print({{'numba', 'tensorflow', 'keras'}} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
