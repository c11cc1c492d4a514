"""What a user's shell says to other programs does not reach this one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import bare_environment

pytestmark = pytest.mark.slow

FUNCTION = ("--problem", "branin", "--methods", "random", "--workers", "1")
NETWORK = ("--dataset", "digits", "--epochs", "1", "--methods", "random")
SMALL = ("--seeds", "2", "--calls", "2", "--initial-points", "2", "--retrain", "1")


def study(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "study", *arguments],
        cwd=folder,
        env=bare_environment() | variables,
        capture_output=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PYTHONIOENCODING": "ascii"}, b"+/-"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"+/-"),
        ({"PYTHONIOENCODING": "cp1252"}, b"\xb1"),
    ],
    ids=["ascii", "C", "cp1252"],
)
def test_any_encoding_of_the_terminal_will_do(
    tmp_path: Path, variables: dict[str, str], expected: bytes
) -> None:
    """A folder's name that the encoding lacks, too: it is announced and in the paths."""
    arguments = ("compare", *FUNCTION, *SMALL, "--output", "Größe-数")
    run = study(tmp_path, *arguments, **variables)
    assert run.returncode == 0, run.stderr
    assert expected in run.stdout
    assert (tmp_path / "Größe-数" / "report.html").is_file()


def test_plots_do_not_depend_on_the_backend_or_the_settings_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.size: 30\nlines.linewidth: 9\n")
    ours = study(tmp_path, "compare", *FUNCTION, *SMALL, "--output", "plain")
    assert ours.returncode == 0, ours.stderr
    plots = tmp_path / "plain" / "plots"
    before = {path.name: path.read_bytes() for path in plots.iterdir()}
    settings = {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}
    for command, backend in (("show", "nonsense"), ("plot", "no.such"), ("report", "TkAgg")):
        run = study(tmp_path, command, "plain", MPLBACKEND=backend, **settings)
        assert (run.returncode, run.stderr) == (0, b"")
    assert {path.name: path.read_bytes() for path in plots.iterdir()} == before


@pytest.mark.parametrize("workers", ["1", "2"])
def test_another_keras_and_an_interpreted_numba_do_not_reach_the_training(
    tmp_path: Path, workers: str
) -> None:
    variables = {"KERAS_BACKEND": "torch", "NUMBA_DISABLE_JIT": "1"}
    run = study(tmp_path, "compare", *NETWORK, *SMALL, "--workers", workers, **variables)
    assert run.returncode == 0, run.stderr
    assert run.stderr == b""


PROGRAM = """
import numba
from study import compare
results = compare(dataset="digits", epochs=1, methods=["random"], seeds=1, calls=1, workers=1,
                  initial_points=1, retrain=1, output="out")
print(results.valid, numba.config.DISABLE_JIT)
"""


def test_a_program_that_imported_an_interpreted_numba_trains_in_another_process(
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=bare_environment() | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "True 1\n"
