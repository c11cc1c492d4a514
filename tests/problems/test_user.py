"""Somebody's own problems and methods: as examples/ has them, and as they go wrong."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from study import Ordinal, Problem
from study.api import compare, run_plan
from study.core.errors import StudyError
from study.core.records import make_rng
from study.core.space import Space
from study.execution.plan import StudyRequest, make_plan
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.selection import parse_method
from study.problems.registry import get
from study.problems.synthetic import FUNCTIONS
from study.results import Results, load
from tests.shared import evaluated, studied

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = ("--seeds", "2", "--calls", "3", "--initial-points", "2", "--retrain", "1")


def study(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "study", *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, timeout=300
    )


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A folder with the files of examples/."""
    for path in EXAMPLES.glob("*.py"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "column", "low", "high"),
    [
        ("wine.py:wine", "final_error", 0.0, 1.0),
        ("pipeline.py:pipeline", "test_log_loss", 0.0, 0.7),
        ("dropout.py:dropout", "test_accuracy", 0.5, 1.0),
    ],
)
def test_the_examples_of_problems_run(
    examples: Path, named: str, column: str, low: float, high: float
) -> None:
    methods = ("--methods", "random,forest", "--workers", "1")
    run = study(examples, "compare", "--problem", named, *SMALL, *methods)
    assert (run.returncode, run.stderr) == (0, "")  # nor a word of TensorFlow's
    folder = examples / "results" / named.partition(":")[2]
    values = pd.read_csv(folder / "finals.csv")[column].dropna()
    assert values.between(low, high).all()
    assert len(values) == 4
    words = column.replace("_", " ")
    assert words in run.stdout.lower()
    assert words in (folder / "report.html").read_text().lower()


def test_every_example_is_named_where_it_is_explained() -> None:
    docs = "".join(path.read_text() for path in (EXAMPLES.parent / "docs").glob("*.md"))
    for path in EXAMPLES.glob("*.py"):
        assert f"(../examples/{path.name})" in docs


@pytest.mark.slow
def test_the_example_of_a_method_runs(examples: Path) -> None:
    methods = ("--methods", "random,climber.py:Climber,climber.py:Climber[chance=0.3]")
    problem = ("--problem", "rosenbrock.py:rosenbrock", "--workers", "2")
    run = study(examples, "compare", *problem, *SMALL, *methods)
    assert run.returncode == 0, run.stderr
    results = load(examples / "results" / "rosenbrock")
    assert list(results.summary["method"]) == ["random", "Climber", "Climber[chance=0.3]"]
    assert "Climber[chance=0.3]" in run.stdout


@pytest.mark.slow
def test_other_packages_add_problems_and_methods_by_entry_points(examples: Path) -> None:
    about = examples / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[study.problems]\nvalley = rosenbrock:rosenbrock\n"
        "[study.methods]\nwalk = climber:Climber\n"
    )
    listed = study(examples, "methods").stdout + study(examples, "problems").stdout
    for line in ("walk the module climber Changes one value", "valley the module rosenbrock"):
        assert line in " ".join(listed.split())
    methods = ("--methods", "random,walk[chance=0.5]", "--workers", "1")
    run = study(examples, "compare", "--problem", "valley", *SMALL, *methods)
    assert run.returncode == 0, run.stderr
    assert list(load(examples / "results" / "valley").summary["method"])[1] == "walk[chance=0.5]"
    run = study(examples, "compare", "--problem", "valey")
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
    assert "did you mean 'valley'" in run.stderr


@pytest.mark.slow
def test_a_changed_file_is_noticed(examples: Path) -> None:
    arguments = ("compare", "--problem", "rosenbrock.py:rosenbrock", *SMALL, "--workers", "1")
    methods = ("--methods", "random,climber.py:Climber")
    assert study(examples, *arguments, *methods).returncode == 0
    for name, told in (
        ("rosenbrock.py", "the file rosenbrock.py or what it imports changed"),
        ("climber.py", "the code of Climber changed"),
    ):
        before = (examples / name).read_text()
        (examples / name).write_text(before + "\n# another version\n")
        for named in (methods, ("--methods", "random")):  # what the folder holds counts as well
            run = study(examples, *arguments, *named)
            assert (run.returncode, run.stderr.count("\n")) == (2, 1)
            assert told in run.stderr
        (examples / name).write_text(before)
    run = study(examples, *arguments, "--seeds", "3", "--methods", "random")
    assert run.returncode == 0, run.stderr
    assert list(load(examples / "results" / "rosenbrock").summary["method"]) == [
        "random",
        "Climber",
    ]


PROBLEM = """
from study import Categorical, Integer, Objective, Problem, Real
def evaluate(configuration, seed):
    return {returns}
problem = Problem(
    space=[Real(name="x", low=0.0, high=1.0), Integer(name="n", low=1, high=9)],
    default={default}, evaluate=evaluate, objective=Objective({objective}),
)
"""


def written(
    folder: Path,
    returns: str = 'configuration["x"]',
    default: str = '{"x": 0.5, "n": 3}',
    objective: str = "",
) -> str:
    text = PROBLEM.format(returns=returns, default=default, objective=objective)
    (folder / "mine.py").write_text(text)
    return f"{folder}/mine.py:problem"


def ran(problem: str, folder: Path, *methods: str, seeds: int = 2, calls: int = 6) -> Results:
    return studied(
        problem=problem,
        methods=methods or ("random", "forest"),
        output=folder / "out",
        workers=1,
        seeds=seeds,
        calls=calls,
        initial_points=2,
        retrain=1,
    )


def small(problem: str, folder: Path, *methods: str) -> pd.DataFrame:
    return ran(problem, folder, *methods).trials


@pytest.mark.slow
@pytest.mark.parametrize(("maximise", "best"), [("True", "idxmax"), ("False", "idxmin")])
def test_the_direction_decides_what_is_best(tmp_path: Path, maximise: str, best: str) -> None:
    small(written(tmp_path, objective=f"maximise={maximise}"), tmp_path)
    trials = pd.read_csv(tmp_path / "out" / "trials.csv")
    finals = pd.read_csv(tmp_path / "out" / "finals.csv")
    for run, own in trials.groupby(["method", "seed"]):
        chosen = own.loc[getattr(own["observed_value"], best)()]
        assert own["incumbent_value"].iloc[-1] == chosen["observed_value"] == chosen["x"]
        (configuration,) = set(
            finals["configuration"][(finals["method"] == run[0]) & (finals["seed"] == run[1])]
        )
        assert json.loads(configuration)["x"] == chosen["x"]


@pytest.mark.slow
def test_a_known_optimum_gives_regret(tmp_path: Path) -> None:
    objective = "maximise=True, optimum=1.0, name='gain'"
    small(written(tmp_path, objective=objective), tmp_path)
    trials = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert trials["observed_regret"].tolist() == pytest.approx((1 - trials["x"]).tolist())


@pytest.mark.slow
def test_a_failing_evaluation_is_told_as_the_worst_so_far(tmp_path: Path) -> None:
    returns = 'float("nan") if configuration["n"] > 5 else -configuration["x"]'
    trials = small(written(tmp_path, returns=returns), tmp_path)
    assert set(trials["status"]) == {"ok", "diverged"}
    assert trials["incumbent_value"].notna().sum() >= trials["observed_value"].notna().sum()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"default": '{"x": 0.5}'}, "default"),
        ({"default": '{"x": 2.0, "n": 3}'}, "default"),
        ({"objective": "name='<b>'"}, "speaks of '<b>': a name begins with a letter or digit"),
        ({"default": '{"x": 0.5, "n": 4.7}'}, "its default has n=4.7, allowed is 1 .. 9"),
        ({"default": '{"x": 0.5, "n": True}'}, "its default has n=True, allowed is 1 .. 9"),
        ({"default": '{"x": 0.5, "n": 3, "m": 1}'}, "do not both name 'm'"),
        ({"objective": "), baseline=dict(x=0.5, n=0.5"}, "baseline has n=0.5: give a whole number"),
        ({"objective": "), baseline=dict(x=9e999, n=3"}, "baseline has x=inf: it must lie between"),
        ({"objective": "), baseline=dict(x=0.5, n=10**20"}, "n=100000000000000000000: it must lie"),
        ({"objective": "percent=True, optimum=100"}, r"optimum=100: .*95 % \(mine.py, line \d"),
        ({"objective": "), **dict(classes='10'"}, "its classes is '10': give a whole number"),
        (
            {"objective": "), **dict(simulated_clock='no'"},
            "its simulated_clock is 'no': give True or",
        ),
    ],
)
def test_a_problem_that_is_not_in_order_is_one_line(
    tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    with pytest.raises(StudyError, match=told) as caught:
        small(written(tmp_path, **changes), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("first", "encoding"), [("", "utf-8-sig"), ("# coding: latin-1", "latin-1")]
)
def test_a_file_is_read_as_python_reads_it(tmp_path: Path, first: str, encoding: str) -> None:
    named = written(tmp_path)
    text = (tmp_path / "mine.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(f"{first}\n{text}\n# é", encoding=encoding)
    assert get(named)[0].space.names == ["x", "n"]


def test_a_file_in_no_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("# coding: klingon\n")
    with pytest.raises(StudyError, match=r"mine\.py cannot be read \(.*klingon\): name a Python"):
        get(f"{tmp_path}/mine.py:problem")


@pytest.mark.parametrize(
    ("choices", "baseline", "told"),
    [
        ({3, 4}, 3, r"n has choices \{3, 4\}: give a list of values, for a set has no order"),
        ((3, 4), "3", "its baseline has n='3': tables could not tell it from a choice"),
        ((0, 1), True, "its baseline has n=True: tables could not tell it from a choice"),
        ((3, 4), {}, r"its baseline has n=\{\}: give texts, finite numbers"),
    ],
)
def test_choices_have_an_order_and_a_baseline_is_none_of_them_or_one(
    choices: Any, baseline: Any, told: str
) -> None:
    default = next(iter(choices))
    problem = Problem(
        space=[Ordinal(name="n", choices=choices)],
        default={"n": default},
        baseline={"n": baseline},
        evaluate=lambda configuration, seed: 0.0,
    )
    with pytest.raises(StudyError, match=told):
        get(problem)


@pytest.mark.parametrize(
    ("returns", "objective", "error", "told"),
    [
        ('"high"', "", TypeError, "evaluate returned 'high': it must be a number"),
        ("(1.0, 2.0)", "", TypeError, "evaluate returned (1.0, 2.0): it must be a number"),
        ("1.0", "size='trees'", TypeError, "evaluate returned 1.0: it must be (value, trees)"),
        ("97.0", "percent=True, name='share'", ValueError, "share is 97.0: a share must lie"),
        ("1e16", "", ValueError, "value is 1e+16: it must lie between -1e+15 and 1e+15 (mine.py, "),
        ("(0.5, -3)", "size='trees'", ValueError, "trees is -3.0: it must lie between 0 and"),
    ],
)
def test_what_evaluate_must_not_return_is_told(
    tmp_path: Path, returns: str, objective: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match="^" + re.escape(told)):
        evaluated(written(tmp_path, returns=returns, objective=objective))


@pytest.mark.parametrize(
    ("returns", "reason"),
    [
        ('"high"', "TypeError: evaluate returned 'high': it must be a number"),
        ("1 / 0", "ZeroDivisionError: division by zero (mine.py, line "),
    ],
)
def test_what_evaluate_raises_is_a_failed_row(tmp_path: Path, returns: str, reason: str) -> None:
    trials = studied(
        problem=written(tmp_path, returns=returns), methods=["random"], output=tmp_path / "out",
        workers=1, seeds=1, calls=2, initial_points=2, keep_going=True,
    ).trials  # fmt: skip
    assert (trials["status"] == "failed").all()
    assert trials["reason"].str.startswith(reason).all()


METHOD = """
class Mine:
    def __init__(self, start, *, rate: float = 1.0, kind: str = "a"):
        {init}
    def ask(self):
        {ask}
    def tell(self, configuration, score):
        self.told = score
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ("return 3", "proposed 3, outside the space"),
        ("return {'x': 0.5}", "outside the space"),
        ("return {'x': 0.5, 'y': 'no'}", "outside the space"),
        ("return {}['best']", "call 3: ask failed: KeyError: 'best' (mine.py, line 6)"),
    ],
)
def test_a_method_that_misbehaves_breaks_off_and_is_told(
    tmp_path: Path, ask: str, told: str
) -> None:
    (tmp_path / "mine.py").write_text(METHOD.format(init="pass", ask=ask))
    mine = f"{tmp_path}/mine.py:Mine"
    results = ran("branin", tmp_path, "random", mine, seeds=1, calls=3)
    (line,) = results.failures
    assert told in line
    assert not results.valid


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"tell": "{}['best']"}, "tell failed: KeyError: 'best' (mine.py, line 8)"),
        ({"ask": "self.tell()"}, "ask failed: TypeError: Mine.tell() missing 2 required"),
        ({"init": "1 / 0"}, "creating it failed: ZeroDivisionError: division by zero (mine.py, "),
        ({"init": "self.ask = lambda: {}"}, "pickling it failed: "),
    ],
)
def test_what_a_method_raises_is_told_with_its_call_and_line(
    tmp_path: Path, parts: dict[str, str], told: str
) -> None:
    text = METHOD.replace("self.told = score", "{tell}")
    blank = {"init": "pass", "ask": "return {}", "tell": "pass"}
    (tmp_path / "mine.py").write_text(text.format(**blank | parts))
    point = {"x": 0.5, "y": 0.5}
    context = SearchContext(
        space=Space(tuple(FUNCTIONS["branin"].space)),
        baseline=point,
        initial_points=1,
        rng=make_rng(0, "own"),
    )
    with pytest.raises(StudyError) as caught:
        propose(parse_method(f"{tmp_path}/mine.py:Mine"), context, [(point, 1.0)])
    assert str(caught.value).startswith(told)


@pytest.mark.slow
def test_numpy_values_in_another_order_are_a_proposal(tmp_path: Path) -> None:
    ask = "import numpy as np; return {'y': np.float64(3), 'x': np.float64(2)}"
    (tmp_path / "mine.py").write_text(METHOD.format(init="pass", ask=ask))
    trials = small("branin", tmp_path, f"{tmp_path}/mine.py:Mine")
    assert trials["x"].iloc[-1] == 2.0


TAKES = """
class Takes:
    adaptive = {adaptive}
    def __init__(self, context, *, rate: float | None = None, greedy: bool | None = None):
        self.space, self.rng, self.start = context.space, context.rng, context.baseline
        assert rate in (None, 0.5) and greedy in (None, False), (rate, greedy)
    def ask(self):
        {ask}
    def tell(self, configuration, score):
        configuration["x"] = configuration["y"] = score
"""


@pytest.mark.parametrize("ask", ["return {'x': -97.0, 'y': 3.0}", "return {'x': 1.0}"])
def test_a_method_that_learns_nothing_cannot_leave_the_space_either(
    tmp_path: Path, ask: str
) -> None:
    (tmp_path / "takes.py").write_text(TAKES.format(adaptive=False, ask=ask))
    with pytest.raises(StudyError, match=r"at seed 0 \(ValueError: proposed \{.*outside the space"):
        small("branin", tmp_path, f"{tmp_path}/takes.py:Takes")


@pytest.mark.slow
def test_what_a_method_does_to_what_it_is_given_reaches_nothing_else(tmp_path: Path) -> None:
    walk = "self.start['x'] = min(9.9, self.start['x'] + 1.0); return dict(self.start)"
    (tmp_path / "takes.py").write_text(TAKES.format(adaptive=True, ask=walk))
    takes = f"{tmp_path}/takes.py:Takes[rate=0.5,greedy=False]"
    trials = ran("branin", tmp_path, "random", takes, seeds=2, calls=4).trials
    own = trials[(trials["method"] != "random") & (trials["phase"] == "search")]
    first, second = (rows["x"].tolist() for _, rows in own.groupby("seed"))
    assert first == second  # the second seed starts where the first one did
    shared = trials[trials["phase"] == "initial"].groupby(["seed", "call"])["x"].nunique()
    assert (shared == 1).all()


BAD_METHODS: list[tuple[Callable[[Path], str], str]] = [
    (lambda _: "gp[kapa=2]", "did you mean 'kappa'"),
    (lambda _: "gp[kappa=many]", "kappa is 'many': it must be a number"),
    (lambda _: "gp[kappa=inf]", "it must be a number"),
    (lambda _: "gp[acq_func=UCB]", "it must be one of gp_hedge, EI, LCB, PI"),
    (lambda _: "gp[noise=0]", "noise is 0: it must be above 0"),
    (lambda _: "gp[kappa]", "write each option once"),
    (lambda _: "gp[kappa=1", "write NAME or NAME"),
    (lambda _: "random[rate=1]", "random takes no options"),
    (lambda _: "nowhere.py:Mine", "cannot be read"),
    (lambda _: "no.such.module:Mine", "there is no module 'no.such.module'"),
    (lambda folder: f"{folder}/mine.py:Nine", "did you mean 'Mine'?"),
    (lambda folder: f"{folder}/mine.py:NUMBER", "is neither a class nor a function"),
    (lambda folder: f"{folder}/mine.py:helper", "has no ask and tell"),
    (lambda folder: f"{folder}/mine.py:fails", "cannot be created (OSError: no (mine.py, line"),
    (lambda folder: f"{folder}/broken.py:Mine", "cannot be imported (SyntaxError"),
    (lambda folder: f"{folder}/lacks.py:Mine", "(KeyError: 'best' (lacks.py, line 2)): fix it"),
    (lambda folder: f"{folder}/mine.py:Mine[rate=x]", "rate is 'x': it must be a number"),
]


@pytest.mark.parametrize(("method", "told"), BAD_METHODS)
def test_a_method_that_is_not_in_order_is_one_line(
    tmp_path: Path, method: Callable[[Path], str], told: str
) -> None:
    (tmp_path / "mine.py").write_text(
        METHOD.format(init="pass", ask="return {}")
        + "NUMBER = 3\ndef helper(start): return 3\ndef fails(start): raise OSError('no')\n"
    )
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "lacks.py").write_text("known = {}\nknown['best']")
    with pytest.raises(StudyError) as caught:
        small("branin", tmp_path, method(tmp_path))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_settings_are_part_of_the_name_and_share_what_is_left_to_chance(tmp_path: Path) -> None:
    trials = small("branin", tmp_path, "gp", "gp[kappa=5.0]", "gp[kappa=1,acq_func=LCB]")
    names = ["gp", "gp[kappa=5]", "gp[acq_func=LCB,kappa=1]"]
    assert list(trials["method"].unique()) == names
    first, same, other = (trials[trials["method"] == name]["x"].tolist() for name in names)
    assert first == same
    assert first != other
    assert load(tmp_path / "out").info.command.endswith(
        "--methods 'gp,gp[kappa=5],gp[acq_func=LCB,kappa=1]'"
    )


@pytest.mark.parametrize("named", ["hartman6", "nowhere.py:problem", "study.problems.user:nothing"])
def test_an_unknown_problem_is_one_line(tmp_path: Path, named: str) -> None:
    with pytest.raises(StudyError) as caught:
        small(named, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_problem_and_a_dataset_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="drop it, or drop problem"):
        compare(problem="branin", dataset="digits", output=tmp_path)


KEPT = """
import keras
from study import Integer, keras_problem

kept = []

def build(configuration):
    if not kept:
        layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")]
        kept.append(keras.Sequential([keras.Input((64,)), *layers]))
        kept[0].compile("adam", "sparse_categorical_crossentropy")
    return kept[0]

problem = keras_problem(
    build, space=[Integer(name="n", low=1, high=9)], default={"n": 3}, epochs=8
)
"""


@pytest.mark.slow
def test_a_model_that_is_trained_on_and_on_is_found_out(tmp_path: Path) -> None:
    """The tutorial's error: its one network learns from call to call."""
    (tmp_path / "kept.py").write_text(KEPT)
    request = StudyRequest(
        problem=f"{tmp_path}/kept.py:problem", output=tmp_path / "out", methods=["random"],
        seeds=1, calls=4, initial_points=2, retrain=1, workers=1,
    )  # fmt: skip
    results = run_plan(make_plan(request), lambda _: None)
    assert results.trials["validation_accuracy"].is_monotonic_increasing
    told = [check.figures for check in results.failed_checks]
    assert "already trained" in told[0]
    assert "evaluate remembers something" in told[1]
    assert not results.valid
