"""What whoever watches a study is told of its scores."""

from pathlib import Path

import pytest

from study.core.settings import Settings
from study.execution.pool import latest_calls
from study.execution.progress import RECENT, Progress
from study.execution.resume import save_metadata
from study.execution.runner import StudyRunner
from study.methods.selection import parse_methods
from study.results import Results, from_ledger
from study.storage.ledger import Ledger
from tests.toy import DATA, SESSION, Toy, in_process

SETTINGS = Settings(
    seeds=2, calls=4, initial_points=2, retrain=2, methods=("baseline", "random", "forest")
)


def watched(folder: Path) -> tuple[list[Progress], Results]:
    """A study of the toy problem, or what is left of it, and what its watcher was told."""
    told: list[Progress] = []
    with Ledger(folder / "study.db") as ledger:
        save_metadata(ledger, SETTINGS, Toy(), DATA, parse_methods(SETTINGS.methods))
        ledger.begin_session(SESSION)
        StudyRunner(Toy(), SETTINGS, ledger, told.append).run(in_process(Toy()))
        return told, from_ledger(folder, ledger, [])


def test_at_the_end_it_is_what_the_tables_say(tmp_path: Path) -> None:
    told, results = watched(tmp_path)
    trials, finals = results.scores.trials, results.scores.finals
    best = trials.groupby("method", observed=True)["validation_score"].max()
    again = finals.groupby("method", observed=True)["validation_score"].mean()
    assert told[-1].best == pytest.approx(best.to_dict())
    assert told[-1].reevaluated == pytest.approx(again.to_dict())
    assert {*told[-1].latest} == {*SETTINGS.methods}
    assert len(told[-1].finished) == RECENT
    assert told[0].finished == ()


def test_calls_are_told_with_their_values_the_last_one_first(tmp_path: Path) -> None:
    told, results = watched(tmp_path)
    frame = results.scores.trials
    for call in told[-1].finished:
        method, _, seed, _, number = call.description.split(" ")
        row = frame[(frame["method"] == method) & (frame["seed"] == int(seed))]
        assert call.score == row.set_index("call")["validation_score"][int(number)]
    ended = [call.ended for call in told[-1].finished]
    assert ended == sorted(ended, reverse=True)


def test_of_several_studies_the_last_calls_name_their_problem(tmp_path: Path) -> None:
    told = {}
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        told[name] = watched(tmp_path / name)[0][-1]
    calls = latest_calls(told)
    assert len(calls) == RECENT
    assert {call.description.split(":")[0] for call in calls} == {"second"}
