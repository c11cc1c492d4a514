"""`study winner`: what it prints, saves and refuses."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from study import StudyError, Winner
from study.cli.main import main
from study.core.objective import Objective
from study.core.records import Task
from study.data.dataset import Dataset
from study.results import Results
from study.training.keras_fit import to_pixels
from study.training.network import parameter_count
from tests.shared import studied
from tests.test_results import about
from tests.toy import stopping_at, study_in

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def winner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `study winner ARGUMENTS` in this process: exit code, and what was written where."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["winner", *map(str, arguments)])
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return run


def study_of(folder: Path, **settings: Any) -> Results:
    """A study of one retraining and three calls, without plots and report."""
    size = {"seeds": 1, "calls": 3, "initial_points": 3, "retrain": 1, "workers": 1}
    return studied(**size | settings, output=folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of the network on digits."""
    folder = tmp_path_factory.mktemp("small") / "digits"
    return study_of(folder, dataset="digits", epochs=2, retrain=2, methods=["random"])


def copy_of(results: Results, folder: Path) -> Path:
    """The files of a study without its ledger, to be changed."""
    folder.mkdir()
    for name in ("study.json", "trials.csv", "finals.csv"):
        (folder / name).write_bytes((results.folder / name).read_bytes())
    return folder


def test_the_winner_of_a_run_is_its_row_in_the_file(finished: Results) -> None:
    rows = pd.read_csv(finished.folder / "winners.csv")
    assert len(rows) == 8
    for row in rows.to_dict("records"):
        own = finished.best_of(row["method"], seed=row["seed"])
        assert own.configuration == {name: row[name] for name in ("rate", "units", "kind")}
        assert [type(value) for value in own.configuration.values()] == [float, int, str]
        assert (own.observed, own.reevaluated, own.test, own.size, own.chosen_by) == (
            *(row["validation_accuracy"], row["reevaluated_accuracy"], row["test_accuracy"]),
            *(row["parameters"], row["chosen_by"]),
        )


def test_the_best_is_chosen_by_re_evaluations_alone(finished: Results) -> None:
    again = finished.finals[finished.finals["kind"] == "reevaluated"].drop_duplicates(
        ["configuration", "seed", "repeat"]
    )
    means = again.groupby("configuration")["validation_accuracy"].mean()
    assert finished.best.configuration == json.loads(str(means.idxmax()))
    assert finished.best.reevaluated == pytest.approx(means.max())
    assert finished.best_of("baseline").configuration == finished.info.problem.baseline


def test_a_minimised_value_is_best_where_it_is_lowest(finished: Results) -> None:
    minimised = about(finished, objective=Objective(name="loss", maximise=False))
    assert minimised.best.configuration == finished.best.configuration
    assert minimised.best.test == -finished.best.test


def test_it_says_what_it_is(finished: Results) -> None:
    text = repr(finished.best)
    assert finished.best.method in text
    assert f"units={finished.best.configuration['units']}" in text
    assert f"{finished.best.reevaluated:.6g}" in text


def test_line_and_json_are_the_configuration(finished: Results, winner: Call) -> None:
    best, gp = finished.best, finished.best_of("gp", seed=1)
    code, out, _ = winner(finished.folder)
    pairs = [pair.split("=", 1) for pair in shlex.split(out.splitlines()[0])]
    kept = {name: str(value) for name, value in best.configuration.items()}
    assert (code, dict(pairs)) == (0, kept)
    assert float(dict(pairs)["rate"]) == best.configuration["rate"]
    _, line, _ = winner(finished.folder, "--line")
    assert line.splitlines() == out.splitlines()[:1]
    _, text, _ = winner(finished.folder, "--method", "gp", "--seed", 1, "--json")
    assert Winner(**json.loads(text)) == gp


def test_it_fits_into_80_columns_and_says_how_it_was_chosen(
    finished: Results, winner: Call
) -> None:
    for arguments in ((), ("--method", "gp"), ("--method", "gp", "--seed", "1")):
        _, out, _ = winner(finished.folder, *arguments)
        _, *lines = out.splitlines()
        assert max(map(len, lines)) <= 80
        flat = " ".join(out.split())
        assert "nothing is chosen by it" in flat or "of 2 seeds of gp chose it" in flat


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--method", "gpp"], "--method 'gpp' is unknown: did you mean 'gp'?"),
        (["--method", "gp", "--seed", "2"], "--seed is 2: this study has the seeds 0 to 1"),
        (["--seed", "1"], "--seed 1 needs a --method"),
        (["--json", "--line"], "--line and --json exclude each other"),
        (["--save", "net.h5"], "--save is net.h5: a Keras file ends in .keras"),
        (["--save", "no/net.keras"], "--save no/net.keras has no folder no"),
        (["--save", "net.keras"], "--save net.keras is for the built-in network"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "told",
)
def test_bad_input_is_one_line_and_exit_code_2(
    finished: Results, winner: Call, arguments: list[str], told: str
) -> None:
    code, out, errors = winner(finished.folder, *arguments)
    assert (code, out) == (2, "")
    assert told in errors
    assert len(errors.splitlines()) == 1


def test_a_study_without_winners_says_why(tmp_path: Path, winner: Call) -> None:
    def fail(_: Task) -> None:
        raise ValueError("no luck")

    study_in(tmp_path / "failed", before=fail)
    code, _, errors = winner(tmp_path / "failed")
    assert code == 2
    assert "the study has no winner, for every call failed" in errors
    unfinished = study_in(tmp_path / "unfinished", before=stopping_at(5))
    with pytest.raises(StudyError, match=r"gp at seed 1 has no winner yet \(2 of 7 calls"):
        unfinished.best_of("gp", seed=1)
    with pytest.raises(StudyError, match="seed is 5: this study has the seeds 0 to 1"):
        unfinished.best_of("gp", seed=5)


@pytest.mark.slow
def test_the_networks_are_shown_by_keras_beside_the_tutorials(small: Results, winner: Call) -> None:
    _, out, _ = winner(small.folder)
    size = parameter_count(small.best.configuration, 64, 10)
    totals = [line.split(":")[1].split()[0] for line in out.splitlines() if " Trainable" in line]
    assert totals == [f"{size:,}", "5,637", "316,581"]
    assert max(map(len, out.splitlines()[1:])) <= 80


@pytest.mark.slow
def test_the_saved_network_scores_what_was_recorded(
    small: Results, winner: Call, tmp_path: Path, digits: Dataset
) -> None:
    path = tmp_path / "net.keras"
    code, out, errors = winner(small.folder, "--save", path)
    assert (code, errors) == (0, "")
    finals = pd.read_csv(small.folder / "finals.csv")
    first = finals[(finals["kind"] == "test") & (finals["repeat"] == 1)]
    recorded = first["test_accuracy"].item()
    model = keras.saving.load_model(path)
    images, labels = digits.x_test / np.float32(16), digits.y_test
    assert np.mean(model.predict(images, verbose=0).argmax(axis=1) == labels) == recorded
    _, accuracy = model.evaluate(to_pixels(digits.x_test, digits), labels, verbose=0)
    assert np.float32(accuracy) == np.float32(recorded)
    assert f"{100 * recorded:.2f} % as recorded" in out
    assert [file.name for file in tmp_path.iterdir()] == ["net.keras"]


def test_another_score_than_the_recorded_one_saves_nothing(
    small: Results, winner: Call, tmp_path: Path
) -> None:
    folder = copy_of(small, tmp_path / "copy")
    finals = pd.read_csv(folder / "finals.csv")
    first = finals["test_accuracy"].notna() & (finals["repeat"] == 1)
    finals["test_accuracy"] = finals["test_accuracy"].mask(first, 0.5)
    finals.to_csv(folder / "finals.csv", index=False)
    code, _, errors = winner(folder, "--json", "--save", tmp_path / "net.keras")
    assert code == 1
    assert "recorded is 50.00 %" in errors
    assert "test images apart, so that nothing was saved; versions are the recorded" in errors
    assert not (tmp_path / "net.keras").exists()


def test_a_dataset_that_changed_is_refused(small: Results, winner: Call, tmp_path: Path) -> None:
    folder = copy_of(small, tmp_path / "copy")
    info = json.loads((folder / "study.json").read_text())
    info["problem"]["fingerprint"] = "0123456789abcdef"
    (folder / "study.json").write_text(json.dumps(info))
    code, _, errors = winner(folder, "--json", "--save", tmp_path / "net.keras")
    assert code == 2
    assert "the data of digits are not those of the study" in errors
    info["data"]["dataset"] = "gone/away"
    (folder / "study.json").write_text(json.dumps(info))
    _, _, errors = winner(folder, "--json", "--save", tmp_path / "net.keras")
    assert "the data of the study are needed again, paths as from where it ran" in errors
    assert not (tmp_path / "net.keras").exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["splits", "table"])
def test_networks_of_other_studies_are_saved_as_well(
    winner: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """With splits by seed, and on rows of a table: each is held to its score."""
    monkeypatch.chdir(tmp_path)
    settings: dict[str, Any] = {"dataset": "digits", "resample_splits": True}
    if how == "table":
        rng = np.random.default_rng(0)
        kind = rng.integers(2, size=200)
        columns = {"x": kind + rng.normal(size=200), "y": rng.normal(size=200), "kind": kind}
        pd.DataFrame(columns).to_csv("some.csv", index=False)
        settings = {"dataset": "some.csv", "target": "kind"}
    size = {"seeds": 2, "calls": 1, "initial_points": 1, "retrain": 1, "epochs": 1}
    settings["methods"] = ["baseline"]
    assert study_of(Path("out"), **settings, **size).finished
    code, _, errors = winner("out", "--method", "baseline", "--seed", 1, "--save", "net.keras")
    assert (code, errors) == (0, "")
    assert Path("net.keras").is_file()


BUILDING = """
from study import Problem, Real

def evaluate(configuration, seed):
    return configuration["x"]

def build(configuration):
    return ["a model", configuration["x"]]

problem = Problem(space=[Real(name="x", low=0, high=1)], default={"x": 0.5}, evaluate=evaluate,
                  build=build)
"""


def test_a_problem_of_ones_own_is_built(
    winner: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(BUILDING)
    results = study_of(Path("out"), problem="own.py:problem", methods=["random"])
    value = results.best.configuration["x"]
    code, out, _ = winner("out")
    assert code == 0
    assert f"['a model', {value}]" in out
    _, text, _ = winner("out", "--json")
    assert json.loads(text)["configuration"] == {"x": value}
    Path("own.py").write_text("raise SystemExit('another file')\n")
    code, out, _ = winner("out")
    assert code == 0
    assert "Its code is not here as it was" in out
