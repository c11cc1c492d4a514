"""What numba takes to compile the training, once per installation."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TRAINING = """
import numpy as np
from study.datasets import load_dataset
from study.network import BASELINE
from study.training import Trainer
Trainer(load_dataset("digits")).train(BASELINE, np.random.default_rng(0), 1)
"""


def test_compiling(benchmark: Any, tmp_path: Path) -> None:
    """A training in a new process that finds nothing compiled, and in one that finds all."""

    def train() -> None:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, "-c", TRAINING]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    benchmark.pedantic(train, rounds=1, iterations=1)
    began = time.perf_counter()
    train()
    again = time.perf_counter() - began
    benchmark.extra_info["compile_seconds"] = benchmark.stats.stats.min - again
