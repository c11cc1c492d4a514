"""Importances against what is known of made-up problems, and of studies that tell nothing."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pandas as pd
import pytest

from benchmarks.importance_simulation import Case, Score, linear, true_index, two_of_ten, unit
from study.analysis.draws import evaluations, is_draw, summarise_draws
from study.analysis.effects import effects
from study.analysis.importance import importance
from study.analysis.surrogate import fit_surrogate
from study.core.dimensions import Categorical, Dimension, Integer, Ordinal, Real
from study.core.settings import Start
from study.core.space import Configuration
from study.core.study_info import StudyInfo
from tests.toy import SETTINGS, make_info

SEEDS, CALLS = 5, 30


def draw(space: Sequence[Dimension], count: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame({d.name: [d.sample(rng) for _ in range(count)] for d in space})


def study_of(
    space: tuple[Dimension, ...], score: Score, rng: np.random.Generator, seeds: int = SEEDS
) -> tuple[pd.DataFrame, StudyInfo]:
    """Trials of random search, whose first call is the default point, and what goes with them."""
    parts = []
    for seed in range(seeds):
        rows = draw(space, CALLS, rng).assign(method="random", seed=seed)
        rows["call"] = np.arange(1, CALLS + 1)
        parts.append(rows.assign(phase=np.where(rows["call"] <= 5, "initial", "search")))
    trials = pd.concat(parts, ignore_index=True)
    first = {d.name: d.first for d in space}
    for name, value in first.items():
        trials[name] = trials[name].mask(trials["call"] == 1, value)
    trials["validation_score"] = score(trials)
    info = make_info(settings=replace(SETTINGS, methods=("baseline", "random")))
    problem = msgspec.structs.replace(info.problem, space=space, default=first, baseline=first)
    return trials, msgspec.structs.replace(info, problem=problem)


def truth(space: Sequence[Dimension], score: Score, columns: Sequence[str]) -> float:
    names = tuple(dimension.name for dimension in space)
    return true_index(Case(names=names, score=score), columns)


def table_of(space: tuple[Dimension, ...], score: Score, seed: int) -> pd.DataFrame:
    """Importances among the draws of a study, by dimension and other."""
    rows = draw(space, SEEDS * (CALLS - 1), np.random.default_rng(seed))
    rows["seed"] = np.repeat(np.arange(SEEDS), CALLS - 1)
    surrogate = fit_surrogate(rows, pd.Series(score(rows)), space)
    assert surrogate is not None
    return importance(surrogate).set_index(["dimension", "other"])


def coverage(tables: list[pd.DataFrame], name: tuple[str, str], true: float) -> float:
    """How many of the intervals hold the truth, which 100,000 draws tell to 0.005."""
    own = pd.DataFrame([table.loc[name] for table in tables])
    return float(((own["low"] - 0.005 <= true) & (true <= own["high"] + 0.005)).mean())


def test_order_zero_and_interaction_of_a_known_problem_are_found() -> None:
    space = unit(*"abcd")
    tables = [table_of(space, linear, seed) for seed in range(4)]
    for name in [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("a", "d"), ("a", "b"), ("b", "c")]:
        true = truth(space, linear, [part for part in name if part])
        assert coverage(tables, name, true) >= 3 / 4, name
    for table in tables:
        share = table["importance"]
        assert share["a", ""] > share["d", ""] > share["b", ""] > share["c", ""]
        assert table["low"]["c", ""] == 0
        pairs = share[share.index.get_level_values("other") != ""]
        assert pairs.idxmax() == ("a", "d")
        assert table["enough"].all()
    assert sum(table["low"]["a", "d"] > 0 for table in tables) >= 2


def test_two_active_dimensions_of_ten_are_found() -> None:
    space = unit(*(f"x{number}" for number in range(10)))
    tables = [table_of(space, two_of_ten, seed) for seed in range(2)]
    for name in ("x0", "x1", "x2", "x9"):
        assert coverage(tables, (name, ""), truth(space, two_of_ten, [name])) == 1, name
    for table in tables:
        singles = table.xs("", level="other")["importance"]
        assert list(singles.nlargest(2).index) == ["x0", "x1"]
        assert singles.drop(["x0", "x1"]).max() < 0.1


def test_the_best_tenth_may_depend_on_something_else() -> None:
    def gate(rows: pd.DataFrame) -> np.ndarray:
        return np.where(rows["a"] > 0.5, 5 + rows["b"], rows["a"])

    trials, info = study_of(unit("a", "b"), gate, np.random.default_rng(0))
    table = effects(trials, info).importance
    own = table[(table["evaluations"] == "drawn") & (table["other"] == "")]
    share = own.set_index(["among", "dimension"])["importance"]
    assert share["all", "a"] > 0.9 > 0.1 > share["all", "b"]
    assert share["best tenth", "b"] > share["best tenth", "a"]


def test_scales_orders_and_categories_count_each_as_one_dimension() -> None:
    space = (
        Real(name="rate", low=1e-6, high=1.0, log=True),
        Integer(name="units", low=1, high=100, log=True),
        Ordinal(name="width", choices=(16, 256, 1024)),
        Categorical(name="kind", choices=("x", "y", "z")),
        Integer(name="fixed", low=3, high=3),
    )

    def score(rows: pd.DataFrame) -> np.ndarray:
        kind = rows["kind"].map({"x": 0.0, "y": 5.0, "z": 1.0})
        return np.asarray(np.log10(rows["rate"].astype(float)) + kind, float)

    trials, info = study_of(space, score, np.random.default_rng(0))
    cells = trials.assign(width=trials["width"].astype(str))
    found = effects(cells, info)
    table = found.importance[found.importance["among"] == "all"]
    share = table[table["evaluations"] == "drawn"].set_index(["dimension", "other"])["importance"]
    assert "fixed" not in set(found.importance["dimension"]) | set(found.curves["dimension"])
    assert share["kind", ""] > share["rate", ""] > 0.3
    assert share["width", ""] < 0.05
    curve = found.curves.set_index("dimension")
    rate = curve.loc["rate"]
    assert list(rate["value"].iloc[[0, -1]]) == pytest.approx([1e-6, 1.0])
    steps = np.diff(rate["score"])
    assert (steps > -0.05).all()  # a tenfold rate scores 1 more, shrunk at the ends
    assert rate["score"].iloc[-1] - rate["score"].iloc[0] == pytest.approx(6, abs=1.5)
    assert curve.loc["kind"]["score"].argmax() == 1
    assert ((curve["low"] <= curve["score"]) & (curve["score"] <= curve["high"])).all()


@pytest.mark.slow
def test_the_same_study_gives_the_same_table() -> None:
    trials, info = study_of(unit(*"abcd"), linear, np.random.default_rng(3))
    one, two = effects(trials, info), effects(trials, info)
    pd.testing.assert_frame_equal(one.importance, two.importance, check_exact=True)
    pd.testing.assert_frame_equal(one.maps, two.maps, check_exact=True)


def test_noise_alone_is_too_little_to_tell() -> None:
    rng = np.random.default_rng(0)
    trials, info = study_of(unit("a", "b"), lambda rows: rng.normal(size=len(rows)), rng)
    table = effects(trials, info).importance
    assert not table["enough"].any()


@pytest.mark.parametrize(
    "space",
    [
        unit("a"),
        (Categorical(name="a", choices=tuple(range(40))),),
        (Categorical(name="a", choices=("x", "y")), Ordinal(name="b", choices=(1, 2))),
        (Categorical(name="a", choices=("x",)), *unit("b")),
    ],
)
@pytest.mark.parametrize("kind", ["usual", "constant", "failed", "none", "two seeds"])
def test_odd_studies_neither_crash_nor_warn(space: tuple[Dimension, ...], kind: str) -> None:
    def score(rows: pd.DataFrame) -> np.ndarray:
        value = {"constant": 0.0, "failed": np.nan}.get(kind, 1.0)
        return value * rows["call"].to_numpy(float)

    seeds = 2 if kind == "two seeds" else 3
    trials, info = study_of(space, score, np.random.default_rng(0), seeds)
    trials = trials.iloc[:0] if kind == "none" else trials
    cells = {d.name: trials[d.name].astype(str) for d in space if not isinstance(d, Real | Integer)}
    found = effects(trials.assign(**cells), info)
    assert found.importance.notna().all(axis=None)
    assert found.importance.empty or (kind == "usual")
    summarise_draws(trials.assign(**cells), info)


def test_few_draws_of_many_seeds_neither_crash_nor_warn() -> None:
    """One draw in each fold."""
    trials, info = study_of(
        unit("a", "b"), lambda rows: rows["a"].to_numpy(), np.random.default_rng(0)
    )
    table = effects(trials[trials["call"] == 2], info).importance
    assert table[["importance", "low", "high"]].notna().all(axis=None)


def test_draws_are_what_chance_chose_and_copies_count_once() -> None:
    trials, info = study_of(
        unit("a"), lambda rows: rows["a"].to_numpy(), np.random.default_rng(0), 2
    )
    spec = info.methods["random"]
    searches = {"gp": msgspec.structs.replace(spec, spec="gp"), **info.methods}
    info = msgspec.structs.replace(info, methods=searches)
    again = trials.assign(method="gp")
    own = again["phase"] == "search"
    again.loc[own, ["a", "validation_score"]] = 0.25
    fixed = trials.assign(method="baseline", phase="search", a=0.75)
    rows = evaluations(pd.concat([fixed, again, trials], ignore_index=True), info)
    drawn = is_draw(rows, info)
    assert len(rows) == 2 * (CALLS + 1)  # all of random search, and a point of gp
    assert drawn.sum() == 2 * (CALLS - 1)  # but for the default point
    assert set(rows["a"][~drawn]) == {0.0, 0.25}
    assert "baseline" not in set(rows["method"])
    points: tuple[Configuration, ...] = ({"a": 0.5}, {"a": 0.75})
    start = Start(source="own.csv", offered=2, points=points)
    started = msgspec.structs.replace(info, settings=replace(info.settings, start=start))
    assert is_draw(rows, started).sum() == drawn.sum() - 2 * len(points)


def test_how_good_a_draw_is_by_hand() -> None:
    trials, info = study_of(
        unit("a"), lambda rows: rows["a"].to_numpy(), np.random.default_rng(0), 2
    )
    draws = trials[trials["call"] > 1]
    told = summarise_draws(trials, info)
    assert (told.draws, told.default, told.better) == (len(draws), 0.0, 1.0)
    assert told.median == draws["a"].median()
    worse = trials.assign(validation_score=-trials["a"])
    assert summarise_draws(worse, info).better == 0.0
