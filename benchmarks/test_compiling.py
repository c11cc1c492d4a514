"""What numba takes to compile the training, once per installation."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

READY = """
from study.data.sources import load_dataset
from study.training.registry import make_trainer
make_trainer("compiled", load_dataset("digits"))
"""


def test_compiling(benchmark: Any, tmp_path: Path) -> None:
    """Getting ready in a new process that finds nothing compiled, and in one that finds all."""

    def make_ready() -> None:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, "-c", READY]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    benchmark.pedantic(make_ready, rounds=1, iterations=1)
    began = time.perf_counter()
    make_ready()
    again = time.perf_counter() - began
    benchmark.extra_info["compile_seconds"] = benchmark.stats.stats.min - again
