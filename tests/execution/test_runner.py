from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.core.records import Evaluation, EvaluationKind, Status, Task, Trial, best_call, make_task
from study.core.settings import Settings
from study.core.space import Configuration
from study.execution.executor import Executor
from study.execution.progress import ExtraEvaluation, Progress
from study.execution.runner import StudyRunner
from study.methods.propose import propose
from study.methods.selection import MethodSelection
from study.problems.base import evaluate
from study.storage.ledger import Ledger
from study.storage.rows import Evaluations
from tests.toy import SETTINGS, Toy, in_process, points, stopping_at


def run(ledger: Ledger, settings: Settings = SETTINGS, **toy: Any) -> Toy:
    problem = Toy(**toy)
    StudyRunner(problem, settings, ledger).run(in_process(problem))
    return problem


def winner(trials: list[Trial], done: Evaluations) -> Configuration | None:
    place = best_call([done[trial.task.key][1].score for trial in trials])
    return None if place is None else trials[place].task.configuration


@pytest.fixture(scope="module")
def finished() -> Any:
    with Ledger(None) as ledger:
        toy = run(ledger)
        yield toy, ledger


def by_run(ledger: Ledger) -> dict[tuple[str, int], list[Trial]]:
    trials = ledger.trials(ledger.evaluations())
    return {
        (m, s): [t for t in trials if (t.method, t.seed) == (m, s)]
        for m in SETTINGS.methods
        for s in range(SETTINGS.seeds)
    }


def test_searches_share_their_design_which_is_trained_once(finished: Any) -> None:
    toy, ledger = finished
    for seed in range(2):
        designs = [
            [trial.task for trial in by_run(ledger)[method, seed][:3]]
            for method in ("random", "gp", "forest")
        ]
        assert designs[0] == designs[1] == designs[2]
        assert designs[0][0].configuration == toy.default
    assert len(toy.evaluated) == len(set(toy.evaluated))


def test_seeds_have_designs_of_their_own(finished: Any) -> None:
    _, ledger = finished
    first, second = (by_run(ledger)["gp", seed] for seed in range(2))
    assert first[0].task.configuration == second[0].task.configuration  # the default point
    assert first[0].task.training_seed != second[0].task.training_seed
    assert first[1].task.configuration != second[1].task.configuration


def test_the_baseline_is_trained_anew_at_every_call(finished: Any) -> None:
    toy, ledger = finished
    trials = by_run(ledger)["baseline", 0]
    assert all(trial.task.configuration == toy.baseline for trial in trials)
    assert len({trial.task.training_seed for trial in trials}) == 7
    assert [trial.duplicate for trial in trials] == [False] + [True] * 6


def test_finals_retrain_the_incumbent_for_the_test_set_and_to_measure_it_again(
    finished: Any,
) -> None:
    _, ledger = finished
    done = ledger.evaluations()
    runs = by_run(ledger)
    finals = ledger.finals(done)
    assert len(finals) == 4 * 2 * 2 * 2
    for final in finals:
        assert final.task.configuration == winner(runs[final.method, final.seed], done)
        assert final.task.kind in (EvaluationKind.TEST, EvaluationKind.REEVALUATED)
    tested = {
        key
        for key, (t, _) in done.items()
        if t.kind in (EvaluationKind.TEST, EvaluationKind.REEVALUATED)
    }
    assert tested == {final.task.key for final in finals}


def test_the_test_set_is_scored_after_the_search_has_ended() -> None:
    scored = []

    with Ledger(None) as ledger:

        def check(task: Task) -> None:
            """When a winner is scored, all calls of a run that it won are in the ledger."""
            if task.kind is EvaluationKind.TEST:
                done = ledger.evaluations()
                runs = [trials for trials in by_run(ledger).values() if len(trials) == 7]
                winners = [winner(trials, done) for trials in runs]
                scored.append(task.configuration in winners)

        run(ledger, before=check, seconds=1.0)
    assert scored
    assert all(scored)


def test_two_runs_are_the_same(finished: Any) -> None:
    _, ledger = finished
    with Ledger(None) as again:
        run(again)
        assert points(again) == points(ledger)


@pytest.mark.slow
def test_a_study_that_stops_anywhere_goes_on_to_the_same_end(finished: Any, tmp_path: Path) -> None:
    toy, ledger = finished
    rng = np.random.default_rng(0)
    for stop in rng.choice(len(toy.evaluated), 5, replace=False).tolist():
        path = tmp_path / f"{stop}.db"
        with Ledger(path) as broken, pytest.raises(KeyboardInterrupt):
            run(broken, before=stopping_at(stop), seconds=1.0)
        with Ledger(path) as resumed:
            assert len(resumed.evaluations()) == stop
            rest = run(resumed)
            assert len(rest.evaluated) == len(toy.evaluated) - stop
            assert points(resumed) == points(ledger)


def test_an_evaluation_is_on_disk_before_the_next_one_starts(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(_: Task) -> None:
        with Ledger(tmp_path / "a.db", create=False) as other:
            seen.append(len(other.evaluations()))

    with Ledger(tmp_path / "a.db") as ledger:
        run(ledger, before=look, seconds=1.0)
    assert seen == list(range(len(seen)))


def test_a_finished_study_does_nothing(finished: Any) -> None:
    _, ledger = finished
    runner = StudyRunner(Toy(), SETTINGS, ledger)
    assert not runner.unfinished

    def never() -> AbstractContextManager[Executor]:
        raise AssertionError("an engine was opened")

    runner.run(never)


@pytest.mark.slow
def test_added_seeds_and_methods_train_only_what_is_new() -> None:
    small = Settings(seeds=1, calls=7, initial_points=3, retrain=2, methods=("baseline", "gp"))
    with Ledger(None) as ledger, Ledger(None) as whole:
        first = run(ledger, small)
        before = points(ledger)
        added = run(ledger)
        everything = run(whole)
        assert points(ledger) == points(whole)
        assert set(before) <= set(points(ledger))
        assert not set(first.evaluated) & set(added.evaluated)
        assert set(first.evaluated) | set(added.evaluated) == set(everything.evaluated)


def test_a_failed_evaluation_is_a_row_and_the_rest_goes_on(finished: Any) -> None:
    toy, _ = finished
    bad = toy.evaluated[:3]

    def fail(task: Task) -> None:
        if task.key in bad:
            raise ValueError("no luck\nat all")

    with Ledger(None) as ledger:
        run(ledger, before=fail)
        done = ledger.evaluations()
        assert len(ledger.trials(done)) == 4 * 2 * 7
        for key in bad:
            assert done[key][1].status is Status.FAILED
            reason = done[key][1].reason
            assert reason.startswith("ValueError: no luck at all (test_runner.py, line 1")


@pytest.mark.parametrize(("error", "attempts"), [(MemoryError, 2), (OSError, 2), (ValueError, 1)])
def test_what_can_be_the_machines_fault_is_tried_once_more(
    error: type[Exception], attempts: int
) -> None:
    def fail(_: Task) -> None:
        raise error("no")

    toy = Toy(before=fail)
    wanted = make_task(EvaluationKind.VALIDATION, 0, toy.default, 0)
    assert evaluate(toy, wanted).reason.startswith(f"{error.__name__}: no (test_runner.py, line")
    assert toy.evaluated == [wanted.key] * attempts


def test_a_second_attempt_counts() -> None:
    def fail_once(_: Task) -> None:
        if len(toy.evaluated) == 1:
            raise MemoryError

    toy = Toy(before=fail_once)
    assert (
        evaluate(toy, make_task(EvaluationKind.VALIDATION, 0, toy.default, 0)).status is Status.OK
    )


def test_a_proposal_outside_the_space_ends_its_search_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def astray(method: MethodSelection, *arguments: Any) -> Any:
        proposal = propose(method, *arguments)
        if method.name != "forest":
            return proposal
        return replace(proposal, configuration=proposal.configuration | {"units": 41})

    monkeypatch.setattr("study.execution.pursuit.propose", astray)
    toy = Toy()
    with Ledger(None) as ledger:
        runner = StudyRunner(toy, SETTINGS, ledger)
        runner.run(in_process(toy))
        made = [trial.method for trial in ledger.trials(ledger.evaluations())]
    assert len(runner.errors) == 2
    assert all("outside the space" in error for error in runner.errors)
    assert (made.count("gp"), made.count("forest")) == (14, 6)


def test_a_run_in_which_everything_fails_has_no_finals() -> None:
    def fail(_: Task) -> None:
        raise RuntimeError

    with Ledger(None) as ledger:
        run(ledger, before=fail)
        done = ledger.evaluations()
        assert len(ledger.trials(done)) == 4 * 2 * 7
        assert not ledger.finals(done)


def test_the_longest_chain_of_work_starts_first() -> None:
    with Ledger(None) as ledger:
        toy = run(ledger)
        trials = ledger.trials(ledger.evaluations())
    design = {t.task.key for t in trials if t.method == "gp" and t.call <= 3}
    assert set(toy.evaluated[: len(design)]) == design
    units = [int(key.split('"units": ')[1].rstrip("}")) for key in toy.evaluated[: len(design)]]
    assert units == sorted(units, reverse=True)  # the toy's expected seconds


def test_a_range_of_seeds_is_that_part_of_a_larger_study() -> None:
    usual: dict[str, Any] = {
        "calls": 5,
        "initial_points": 3,
        "retrain": 1,
        "methods": ("random", "gp"),
    }
    with Ledger(None) as whole, Ledger(None) as part:
        run(whole, Settings(seeds=4, **usual))
        run(part, Settings(seeds=2, first_seed=2, **usual))
        expected = [t for t in whole.trials(whole.evaluations()) if t.seed >= 2]
        found = part.trials(part.evaluations())
    assert [replace(t, propose_seconds=0) for t in found] == [
        replace(t, propose_seconds=0) for t in expected
    ]


def test_watchers_are_told_how_far_it_is() -> None:
    seen: list[Progress] = []
    problem = Toy()
    with Ledger(None) as ledger:
        StudyRunner(problem, SETTINGS, ledger, seen.append).run(in_process(problem))
    done = [snapshot.done for snapshot in seen]
    assert done == sorted(done)
    assert (done[-1], seen[-1].total) == (4 * 2 * 11, 4 * 2 * 11)
    assert seen[-1].seconds_left == 0
    assert set(seen[-1].best) == set(SETTINGS.methods)
    running = {job.description for snapshot in seen for job in snapshot.running}
    assert "gp seed 1 proposing call 4" in running


def test_a_plan_counts_what_is_held_and_writes_nothing() -> None:
    with Ledger(None) as ledger:
        run(ledger, Settings(seeds=1, calls=7, initial_points=3, retrain=2, methods=("gp",)))
        before = points(ledger)
        runner = StudyRunner(Toy(), SETTINGS, ledger)
        assert runner.n_stored("gp") == (7, 4)
        assert runner.n_stored("random") == (0, 0)
        assert runner.unfinished
        assert points(ledger) == before  # planning writes nothing, though the design is known


def test_one_call_one_seed_one_point() -> None:
    tiny = Settings(seeds=1, calls=1, initial_points=1, retrain=1, methods=("baseline", "gp"))
    with Ledger(None) as ledger:
        toy = run(ledger, tiny)
    assert len(toy.evaluated) == 2 * 3  # a call, a test, and the call re-evaluated


def test_the_incumbent_is_the_first_of_the_best() -> None:
    assert best_call([0.5, 0.7, 0.7]) == 1
    assert best_call([None, float("nan"), 0.1]) == 2
    assert best_call([-2.0, -1.0, None]) == 1
    assert best_call([None, float("nan")]) is None


def test_a_training_seed_depends_on_seed_configuration_repeat_and_part() -> None:
    base = make_task(EvaluationKind.VALIDATION, 0, {"n": 1}, 0)
    others = [
        make_task(EvaluationKind.TEST, 0, {"n": 1}, 0),
        make_task(EvaluationKind.VALIDATION, 1, {"n": 1}, 0),
        make_task(EvaluationKind.VALIDATION, 0, {"n": 2}, 0),
        make_task(EvaluationKind.VALIDATION, 0, {"n": 1}, 1),
    ]
    assert len({t.training_seed for t in [base, *others]}) == 5
    assert make_task(EvaluationKind.VALIDATION, 0, {"n": 1}, 0) == base
    assert 0 <= base.training_seed < 2**63


def test_evaluations_of_nothing_have_no_score() -> None:
    assert Evaluation(status=Status.FAILED).score is None


def test_measuring_again_takes_fresh_seeds(finished: Any) -> None:
    _, ledger = finished
    done = ledger.evaluations()
    again = [
        f.task.training_seed
        for f in ledger.finals(done)
        if f.task.kind is EvaluationKind.REEVALUATED
    ]
    calls = {trial.task.training_seed for trial in ledger.trials(done)}
    assert not calls & set(again)


def test_a_search_that_breaks_off_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(method: MethodSelection, *arguments: Any) -> Any:
        if method.name == "forest":
            raise ValueError("no more ideas")
        return propose(method, *arguments)

    monkeypatch.setattr("study.execution.pursuit.propose", broken)
    toy = Toy()
    with Ledger(None) as ledger:
        runner = StudyRunner(toy, SETTINGS, ledger)
        runner.run(in_process(toy))
        trials = ledger.trials(ledger.evaluations())
    assert runner.errors == [
        f"forest seed {seed} call 4: proposing: no more ideas" for seed in range(2)
    ]
    made = {m: sum(trial.method == m for trial in trials) for m in SETTINGS.methods}
    assert made == {"baseline": 14, "random": 14, "gp": 14, "forest": 6}


def test_a_search_goes_on_from_its_state_not_from_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    states = []

    def watched(method: MethodSelection, start: Any, history: Any, state: bytes | None) -> Any:
        states.append(state is not None)
        return propose(method, start, history, state)

    monkeypatch.setattr("study.execution.pursuit.propose", watched)
    with Ledger(None) as ledger:
        run(ledger, Settings(seeds=1, calls=7, initial_points=3, retrain=1, methods=("forest",)))
    assert states == [False, True, True, True]


def test_extra_evaluations_are_made_once_and_belong_to_no_run() -> None:
    wanted = make_task(EvaluationKind.CLAIM, 0, Toy().default, 0)
    extra = ExtraEvaluation(name="a claim", task=wanted, seconds=99.0)
    settings = Settings(seeds=1, calls=2, initial_points=2, retrain=1, methods=("random",))
    with Ledger(None) as ledger:
        for _ in range(2):
            toy = Toy()
            StudyRunner(toy, settings, ledger, extras=[extra]).run(in_process(toy))
        done = ledger.evaluations()
        assert toy.evaluated == []
        assert done[wanted.key][1].status is Status.OK
        assert wanted not in [trial.task for trial in ledger.trials(done)]
        assert wanted not in [final.task for final in ledger.finals(done)]


def test_a_failed_extra_evaluation_is_told() -> None:
    def fail(problem: Any, wanted: Task) -> Evaluation:
        return Evaluation(status=Status.FAILED, reason="no")

    extra = ExtraEvaluation(
        name="a claim", task=make_task(EvaluationKind.CLAIM, 0, Toy().default, 0), evaluate=fail
    )
    toy = Toy()
    with Ledger(None) as ledger:
        runner = StudyRunner(toy, SETTINGS, ledger, extras=[extra])
        runner.run(in_process(toy))
    assert runner.errors == ["a claim: failed, no"]
