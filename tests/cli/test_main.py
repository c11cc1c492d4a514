"""The command as a user runs it: in a process of its own, in an empty folder."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import compare, load
from study.cli.main import main
from study.core.errors import StudyError
from study.core.records import Evaluation, EvaluationKind, Status, make_task
from study.core.settings import Settings
from study.execution.resume import save_metadata
from study.methods.selection import parse_methods
from study.plots.figures import FIGURES
from study.report.conclusions import answer
from study.results import Results
from study.storage.ledger import Ledger
from tests.shared import SMALL, bare_environment, python, studied
from tests.stress import untimed
from tests.toy import DATA, Toy, evaluations

CALLS, RETRAININGS = 2 * 3 * 5, 2 * 3 * 2


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `study ARGUMENTS` in an empty folder, 80 columns wide."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return python("-m", "study", *map(str, arguments), cwd=tmp_path, **environment)

    return run


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
def test_the_table_and_the_paths_are_printed(small_study: Path) -> None:
    text = (small_study.parent / "stdout").read_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "Dataset digits" in text
    for method in load(small_study).summary.to_dict("records"):
        line = next(line for line in text.splitlines() if line.split()[:1] == [method["method"]])
        assert f"{100 * method['test_accuracy']:.2f} ±" in line
        assert f"{100 * method['validation_accuracy']:.2f} " in line
        assert f"{100 * method['reevaluated_accuracy']:.2f} " in line
    flat = " ".join(text.split())
    for sentence in answer(load(small_study)):
        assert sentence in flat
    assert "s/call" in flat
    assert flat.count("passed ") == 9
    assert "report.html" in text
    assert "winners (.csv)" in flat


def test_show_prints_the_tables_again(study: Run, small_study: Path) -> None:
    run = study("show", small_study)
    assert run.returncode == 0, run.stderr
    assert run.stdout in (small_study.parent / "stdout").read_text()


@pytest.mark.slow
def test_report_is_made_again_from_the_files(study: Run, small_study: Path, tmp_path: Path) -> None:
    for path in [small_study / "study.json", *small_study.glob("*.csv")]:
        shutil.copy(path, tmp_path)
    run = study("report", ".")
    assert run.returncode == 0, run.stderr
    assert "report.html" in run.stdout
    assert (tmp_path / "report.html").read_text() == (small_study / "report.html").read_text()


def plots_of(results: Results) -> list[str]:
    """What a report of these results shows."""
    return [spec.name for spec in FIGURES if spec.applies(results)]


def test_the_results_folder_is_complete(small_study: Path) -> None:
    results = load(small_study)
    assert results.finished
    assert (len(results.trials), len(results.finals)) == (CALLS, RETRAININGS)
    drawn = {path.name for path in (small_study / "plots").iterdir()}
    assert drawn == {name + ending for name in plots_of(results) for ending in (".png", ".svg")}
    assert (small_study / "report.html").is_file()
    assert (small_study / "report.md").is_file()
    info = json.loads((small_study / "study.json").read_text())
    assert info["problem"]["name"] == "digits"
    assert {"tensorflow", "scikit-optimize", "numpy"} <= set(info["sessions"][0]["versions"])
    assert {path.name for path in small_study.rglob(".*")} == {".lock"}


@pytest.mark.slow
def test_running_again_trains_nothing_and_changes_nothing(
    study: Run, small_study: Path, tmp_path: Path
) -> None:
    names = ("trials.csv", "finals.csv", "summary.csv", "study.json", "study.db")
    again = shutil.copytree(small_study, tmp_path / "again")
    run = study(*SMALL, "--output", again)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    for name in names:
        assert (again / name).read_bytes() == (small_study / name).read_bytes()


DYING = """
import os, signal, sys
from study.cli.main import main
from study.storage.ledger import Ledger

left, record = int(sys.argv.pop(1)), Ledger.record

def record_and_die(ledger, done=(), *arguments):
    global left
    record(ledger, done, *arguments)
    left -= len(done)
    if left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)

Ledger.record = record_and_die
main()
"""


@pytest.mark.slow
def test_a_killed_study_ends_as_if_it_never_was(
    tmp_path: Path, study: Run, small_study: Path
) -> None:
    """Killed twice, each time after a number of evaluations drawn by chance."""
    total = evaluations(small_study)
    draw = random.Random(2)
    command = [*SMALL, "--workers", "2", "--output", "out"]
    for _ in range(2):
        run = python("-c", DYING, str(draw.randrange(1, total // 2)), *command, cwd=tmp_path)
        assert run.returncode == -signal.SIGKILL
    assert not load(tmp_path / "out").finished
    run = study(*command)
    assert run.returncode == 0, run.stderr
    assert untimed(tmp_path / "out") == untimed(small_study)
    assert evaluations(tmp_path / "out") == total


@pytest.mark.slow
def test_interrupting_says_how_to_go_on(tmp_path: Path) -> None:
    command = [*SMALL, "--seeds", "50", "--workers", "2", "--output", "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "study", *command],
        cwd=tmp_path,
        env=bare_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore the signal, and so would this one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if (tmp_path / "out" / "study.db").exists() and evaluations(tmp_path / "out") >= 2:
            break
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    (line,) = errors.splitlines()
    assert "what was finished is kept" in line
    assert "study compare --dataset digits" in line
    assert len(pd.read_csv(tmp_path / "out" / "trials.csv")) == len(load(tmp_path / "out").trials)


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run `study ARGUMENTS` in an empty folder, but in this process; its exit code and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        code = ended.value.code or 0
        return int(code), capsys.readouterr().err

    return run


Here = Callable[..., tuple[int, str]]


@pytest.mark.slow
def test_seeds_and_methods_are_added_and_other_changes_refused(here: Here, tmp_path: Path) -> None:
    base = ["compare", "--dataset", "digits", "--epochs", 1, "--workers", 1, "--output", "out"]
    size = ["--calls", 3, "--initial-points", 2, "--retrain", 1]
    first = studied(
        dataset="digits", epochs=1, workers=1, output=Path("out"), calls=3, initial_points=2,
        retrain=1, seeds=1, methods=["random"],
    ).trials  # fmt: skip
    assert here(*base, *size, "--seeds", 2, "--methods", "forest") == (0, "")
    trials = load(tmp_path / "out").trials
    assert set(trials["method"]) == {"random", "forest"}
    assert len(trials) == 2 * 2 * 3
    kept = trials[(trials["method"] == "random") & (trials["seed"] == 0)]
    pd.testing.assert_frame_equal(kept, first)

    for change, told in (
        (["--calls", 4, "--initial-points", 2, "--retrain", 1], "calls 3, now 4"),
        ([*size, "--epochs", 2], "epochs 1, now 2"),
        ([*size, "--trainer", "keras"], "trainer 'compiled', now 'keras'"),
        ([*size, "--seeds", 1], "seeds 2, now 1: seeds cannot be taken away"),
    ):
        code, errors = here(*base, "--seeds", 2, "--methods", "random", *change)
        assert code == 2
        assert told in errors
        assert len(errors.splitlines()) == 1
    pd.testing.assert_frame_equal(load(tmp_path / "out").trials, trials)


def test_a_dry_run_shows_the_matrix_and_writes_nothing(study: Run, tmp_path: Path) -> None:
    run = study("compare", "--dry-run", "--dataset", "digits", "--workers", 2)
    assert run.returncode == 0, run.stderr
    rows = [line.split() for line in run.stdout.splitlines()]
    assert ["gp", "5", "60", "0", "30", "0"] in rows
    assert "About" in run.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_counts_what_is_held(study: Run, small_study: Path) -> None:
    run = study(*SMALL, "--dry-run", "--output", small_study)
    assert ["gp", "2", "10", "10", "4", "4"] in [line.split() for line in run.stdout.splitlines()]
    assert "Nothing is left to do" in run.stdout


def test_without_mnist_a_study_says_that_it_takes_digits(study: Run) -> None:
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    no_network = dict.fromkeys(names, "http://127.0.0.1:9") | {"no_proxy": ""}
    run = study("compare", "--dry-run", KERAS_HOME="keras", NO_PROXY="", **no_network)
    assert run.returncode == 0, run.stderr
    assert "Dataset digits" in run.stdout
    assert "MNIST was unavailable; digits was used. Set STUDY_DATA to use MNIST." in run.stdout


@pytest.mark.slow
def test_plot_draws_from_the_csv_files_alone_without_tensorflow(
    small_study: Path, tmp_path: Path
) -> None:
    code = (
        "import sys\nsys.modules['tensorflow'] = sys.modules['skopt'] = None\n"
        "sys.argv[0] = 'study'\nfrom study.cli.main import main\nmain()"
    )
    for name in ("study.json", "trials.csv", "finals.csv"):
        (tmp_path / name).write_bytes((small_study / name).read_bytes())
    run = python("-c", code, "plot", ".", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == 2 * len(plots_of(load(small_study)))
    for path in run.stdout.splitlines():
        assert (tmp_path / path).stat().st_size > 1000


def images(**changed: Any) -> dict[str, Any]:
    """Two classes of 3 x 2 images, with what is wrong with them."""
    return {
        "x_train": np.zeros((6, 3, 2), np.uint8),
        "y_train": np.arange(6) % 2,
        "x_test": np.zeros((4, 3, 2), np.uint8),
        "y_test": np.arange(4) % 2,
    } | changed


BAD_IMAGES = {
    "range": images(y_test=np.arange(4)),
    "one class": images(y_train=np.zeros(6, int), y_test=np.zeros(4, int)),
    "sizes": images(x_test=np.zeros((4, 2, 2), np.uint8)),
    "counts": images(y_train=np.arange(5) % 2),
    "objects": images(y_test=np.array([{}] * 4, dtype=object)),
}


@pytest.fixture
def bad(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with everything in it that a command may be given wrongly."""
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "damaged", "text", "other", "odd", "cut"):
        Path(name).mkdir()
    Path("a file").write_text("precious")
    Path("damaged/a.npz").write_bytes(b"PK\x03\x04 not really")
    Path("text/study.db").write_text("no database, only text " * 100)
    Path("cut/study.json").write_text('{"calls": ')
    for name, arrays in BAD_IMAGES.items():
        Path(name).mkdir()
        np.savez(Path(name) / "a.npz", **arrays)
    with Ledger(Path("other/study.db")) as ledger:
        settings = Settings(seeds=1, calls=3, initial_points=3, methods=("gp",))
        save_metadata(ledger, settings, Toy(), DATA, parse_methods(["gp"]))
        first = make_task(EvaluationKind.VALIDATION, 0, Toy().default, 0)
        ledger.record([(first, Evaluation(status=Status.OK, score=0.5))])
    with Ledger(Path("odd/study.db")) as ledger:
        ledger.write(settings={"seeds": "many"})
    return tmp_path


LONG = "x" * 300
BAD_SETTINGS: list[tuple[str, Any, str]] = [
    ("--seeds", 0, "--seeds is 0: it must be a whole number"),
    ("--seeds", -2, "--seeds is '-2': it must be a whole number"),
    ("--seeds", "x", "--seeds is 'x': it must be a whole number from 1 to 1,000,000, or a range"),
    ("--seeds", 1.5, "--seeds is '1.5'"),
    ("--seeds", "9-3", "--seeds is '9-3': the range ends before it begins"),
    ("--seeds", 10**12, "--seeds is '1000000000000': it must be a whole number from 1 to"),
    ("--seeds", 50_000, "--seeds 50000, --calls 12 and --retrain 3 make 3,600,000 trainings"),
    ("--seeds", "9" * 5000, "--seeds is '99999"),
    ("--calls", 0, "--calls is 0"),
    ("--calls", -1, "--calls is -1"),
    ("--calls", "nan", "Invalid value for '--calls'"),
    ("--calls", 10**9, "--calls is 1000000000: it must be a whole number from 1 to"),
    ("--calls", 3, "--calls is 3, fewer than the --initial-points 5"),
    ("--initial-points", 0, "--initial-points is 0"),
    ("--initial-points", -1, "--initial-points is -1"),
    ("--initial-points", "five", "Invalid value for '--initial-points'"),
    ("--initial-points", 10**12, "--initial-points is 1000000000000"),
    ("--retrain", 0, "--retrain is 0"),
    ("--retrain", -3, "--retrain is -3"),
    ("--retrain", "", "Invalid value for '--retrain'"),
    ("--retrain", 10**12, "--retrain is 1000000000000"),
    ("--margin", 0, "--margin is 0.0: it must be a number above 0"),
    ("--margin", -0.1, "--margin is -0.1"),
    ("--margin", "nan", "--margin is nan"),
    ("--margin", "inf", "--margin is inf"),
    ("--margin", 101, "--margin is 101.0: it must be a number above 0, at most 100"),
    ("--margin", "small", "Invalid value for '--margin'"),
    ("--epochs", 0, "--epochs is 0"),
    ("--epochs", -1, "--epochs is -1"),
    ("--epochs", "x", "Invalid value for '--epochs'"),
    ("--epochs", 10**12, "--epochs is 1000000000000"),
    ("--workers", 0, "--workers is 0"),
    ("--workers", -1, "--workers is -1"),
    ("--workers", "all", "Invalid value for '--workers'"),
    ("--workers", 10**9, "--workers is 1000000000"),
    ("--threads", 0, "--threads is 0: it must be a whole number from 1 to"),
    ("--threads", 10**9, "--threads is 1000000000: it must be a whole number from 1 to"),
    ("--threads", "all", "Invalid value for '--threads'"),
    ("--methods", "gpp", "--methods 'gpp' is unknown: did you mean 'gp'"),
    ("--methods", "gp;random", "--methods 'gp;random' is unknown"),
    ("--methods", ",", "--methods is empty"),
    ("--methods", "", "--methods is empty"),
    ("--methods", "gp,gp", "--methods names gp more than once"),
    ("--sedes", 3, "No such option: --sedes"),
    ("--dataset", "digit", "--dataset 'digit' is unknown: did you mean 'digits'"),
    ("--dataset", "some/where", "--dataset some/where is not a folder"),
    ("--dataset", "a file", "--dataset a file is not a folder"),
    ("--dataset", "empty", "--dataset empty holds no images"),
    ("--dataset", "damaged", "a.npz cannot be read"),
    ("--dataset", "objects", "a.npz cannot be read"),
    ("--dataset", "range", "dataset range (the folder range): y_test has the label"),
    ("--dataset", "one class", "y_train holds only the label 0: two at least are needed"),
    ("--dataset", "sizes", "training and test images differ in size"),
    ("--dataset", "counts", "y_train has shape (5,); one label for each of 6 images"),
    ("--dataset", LONG, "the dataset cannot be read"),
    ("--dataset", "mnist", "--dataset mnist is unavailable"),
    ("--data-dir", "nowhere", "--data-dir is nowhere, which is not a folder"),
    ("--data-dir", "a file", "--data-dir is a file, which is not a folder"),
    ("--output", "a file", "--output a file is a file"),
    ("--output", "a file/below", "cannot be written"),
    ("--output", "/dev/null/below", "/dev/null/below cannot be written"),
    ("--output", "/proc/below", "/proc/below cannot be written"),
    ("--output", LONG, "cannot be written"),
    ("--output", "text", "file is not a database"),
    ("--output", "odd", "odd/study.db is damaged or no ledger"),
    ("--output", "other", "other holds a study with other settings (calls 3, now 12"),
]
BAD_CALLS: list[tuple[list[str], str]] = [
    *(
        ([command, folder], told)
        for command in ("show", "report", "plot")
        for folder, told in (
            ("nowhere", "nowhere holds no study.json: name a results folder"),
            ("empty", "empty holds no study.json: name a results folder"),
            ("a file", "a file holds no study.json: name a results folder"),
            ("cut", "cut cannot be read"),
            (LONG, "cannot be read"),
        )
    ),
    (["show", "text"], "file is not a database"),
    (["show", "odd"], "odd/study.db is damaged or no ledger"),
    (["show"], "Missing argument 'folder'"),
    (["replicate", "--seeds", "0"], "--seeds is 0"),
    (["replicate", "--workers", "0"], "--workers is 0"),
    (["compare", "digits"], "Got unexpected extra argument"),
    (["no-such-command"], "No such command 'no-such-command'"),
    *(
        (
            [
                "compare",
                *([] if name == "--dataset" else ["--dataset", "digits"]),
                name,
                str(value),
            ],
            told,
        )
        for name, value, told in BAD_SETTINGS
    ),
]


@pytest.mark.parametrize(
    ("arguments", "told"),
    BAD_CALLS,
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "told",
)
def test_bad_input_is_one_line_and_exit_code_2(
    bad: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    errors = capsys.readouterr().err
    assert told in errors
    assert len(errors.splitlines()) == 1
    assert (bad / "a file").read_text() == "precious"
    assert (bad / "text" / "study.db").read_text().startswith("no database")


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "--dataset", "digits", "--seeds", "0"],
        ["compare", "--dataset", "digits", "--output", "a file", "--dry-run"],
        ["report", "empty"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_bad_input_is_told_by_the_real_command(bad: Path, study: Run, arguments: list[str]) -> None:
    run = study(*arguments)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("study: ")
    assert run.stdout == "" or arguments[0] == "compare"  # which says first on which data it runs


@pytest.mark.slow
def test_a_failed_evaluation_is_told_and_exits_with_1(study: Run, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    pixels = np.random.default_rng(0).random((92, 6, 6), np.float32)
    labels = np.arange(80) % 2
    np.savez(
        folder / "a.npz",
        x_train=pixels[:80],
        y_train=labels,
        x_test=pixels[80:],
        y_test=np.full(12, 1) - labels[:12],
    )
    code = (
        "import sys\nfrom study.problems import network as problems\n"
        "from study.cli.main import main\n"
        "original = problems.NetworkProblem.evaluate\n"
        "def evaluate(self, task):\n"
        "    if task.configuration['num_input_nodes'] != 512: raise MemoryError('too large')\n"
        "    return original(self, task)\n"
        "problems.NetworkProblem.evaluate = evaluate\nmain()"
    )
    run = python(
        *("-c", code, "compare", "--dataset", "odd", "--workers", "1", "--seeds", "1"),
        *("--calls", "2", "--initial-points", "2", "--retrain", "1", "--methods", "random"),
        *("--epochs", "1"),
        cwd=tmp_path,
    )
    assert run.returncode == 1
    first, second, third = run.stderr.splitlines()
    assert "random seed 0 call 2: failed, MemoryError: too large" in first
    assert "to evaluate it again, add --retry-failed" in second
    assert "check failed: 1 of 4 calls and retrainings failed" in third
    trials = load(tmp_path / "results" / "odd").trials
    assert trials["status"].tolist() == ["ok", "failed"]
    assert trials["validation_accuracy"].isna().tolist() == [False, True]


SLEEPY = """
import os, time
from study import Categorical, Problem

def evaluate(configuration, seed):
    time.sleep(float(os.environ["SLEEP"]))
    return 1.0

space = [Categorical(name="a", choices=(1, 2))]
problem = Problem(space=space, default={"a": 1}, evaluate=evaluate)
"""


@pytest.mark.slow
def test_two_studies_do_not_write_to_one_folder(study: Run, tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text(SLEEPY)
    command = (
        *("compare", "--problem", "sleepy.py:problem", "--methods", "baseline", "--seeds", "1"),
        *("--calls", "1", "--initial-points", "1", "--retrain", "1", "--workers", "1"),
        *("--output", "out"),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "study", *command],
        cwd=tmp_path,
        env=bare_environment() | {"SLEEP": "60"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "out" / "study.db").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        second = study(*command, SLEEP="0")
        assert process.poll() is None
        assert second.returncode == 2
        assert "another study is writing to out" in second.stderr
    finally:
        process.kill()
        process.wait()
    assert study(*command, SLEEP="0").returncode == 0  # the lock went with the process


@pytest.mark.slow
def test_seeds_that_are_not_named_are_those_of_the_folder(here: Here, tmp_path: Path) -> None:
    base = ["compare", "--problem", "branin", "--workers", 1, "--output", "out"]
    size = ["--calls", 2, "--initial-points", 2, "--retrain", 1]
    studied(
        problem="branin", workers=1, output=Path("out"), calls=2, initial_points=2, retrain=1,
        seeds=2, methods=["baseline"],
    )  # fmt: skip
    assert here(*base, *size, "--methods", "random") == (0, "")
    assert load(tmp_path / "out").info.settings.seeds == 2
    code, errors = here(*base, *size, "--seeds", 1)
    assert code == 2
    assert "seeds 2, now 1: seeds cannot be taken away" in errors


def test_methods_as_one_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="give a list of names"):
        compare(dataset="digits", methods="baseline,random", output=tmp_path / "out")


@pytest.mark.slow
def test_a_script_gets_the_same_without_a_guard_and_after_importing_tensorflow(
    small_study: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import tensorflow as tf\n"
        "from study import compare\n"
        "tf.reduce_sum(tf.zeros(3))\n"  # its threads are running
        "compare(dataset='digits', epochs=2, seeds=2, calls=5, initial_points=3, retrain=1,\n"
        "        methods=['baseline', 'random', 'gp'], workers=1, output='out')\n"
        "print('once')\n"
    )
    run = python(str(script), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "once\n"
    assert untimed(tmp_path / "out") == untimed(small_study)


@pytest.mark.parametrize("width", [80, 60])
def test_study_alone_says_how_to_start(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as ended:
        main([])
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.err == ""
    assert max(map(len, told.out.splitlines())) <= width
    for command in ("compare --seeds 5", "compare --problem hartmann6", "show results/NAME"):
        assert f"\n  study {command} " in told.out


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        (
            ["--help"],
            ["compare", "show", "winner", "report", "plot", "Many problems", "combine", "recover"],
        ),
        (
            ["compare", "--help"],
            [
                *("--methods", "--dataset", "--problem", "--seeds", "--calls", "--output"),
                *("--workers", "What to compare", "--suite", "How much", "--margin"),
                *("Where and how", "--scheduler", "Examples:"),
            ],
        ),
    ],
    ids=["study", "compare"],
)
def test_help_has_first_what_everybody_needs(
    study: Run, arguments: list[str], order: list[str]
) -> None:
    text = study(*arguments).stdout
    places = [text.index(f" {word} ") for word in order]
    assert places == sorted(places)


def test_defaults_are_plain_words(study: Run) -> None:
    flat = " ".join(re.sub("[│╭╮╰╯─]", " ", study("compare", "--help").stdout).split())
    assert "Default: 5, or as many as the folder holds." in flat
    assert "[default: (" not in flat
