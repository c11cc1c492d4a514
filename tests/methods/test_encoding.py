"""Every kind of dimension, in every method."""

from typing import Any

import numpy as np
import pytest

from study.core.dimensions import Categorical, Integer, Ordinal, Real
from study.core.records import make_rng
from study.core.space import Configuration, Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS
from study.methods.selection import parse_method
from tests.methods.test_contract import row

SPACE = Space(
    (
        Integer(name="three", low=3, high=3),
        Real(name="share", low=0.01, high=0.99, prior="logit"),
        Categorical(name="flag", choices=(True, False)),
        Real(name="zero", low=0.0, high=0.0),
        Ordinal(name="batch", choices=(8, 16, 32, 64)),
        Categorical(name="layers", choices=((64,), (64, 32), None)),
        Integer(name="trees", low=1, high=5000, log=True),
        Categorical(name="only", choices=("one",)),
    )
)
BEST: Configuration = {"share": 0.9, "flag": True, "batch": 64, "layers": None, "trees": 1000}


def score(configuration: Configuration) -> float:
    """0 at `BEST`, lower elsewhere."""
    place = SPACE.dimensions[4].choices.index(configuration["batch"])  # type: ignore[union-attr]
    wrong = (configuration["flag"] is not True) + (configuration["layers"] is not None)
    trees = abs(np.log10(configuration["trees"]) - 3)
    return -float(wrong + trees + (3 - place) / 3 + abs(configuration["share"] - 0.9))


def search(name: str, calls: int, *, replay: bool = False) -> list[Configuration]:
    """The proposals of a method after ten random points."""
    drawn = np.random.default_rng(4)
    history: list[Any] = [(c, score(c)) for c in (SPACE.sample(drawn) for _ in range(10))]
    proposals, state = [], None
    for _ in range(calls):
        context = SearchContext(
            space=SPACE, baseline=history[0][0], initial_points=10, rng=make_rng(0, name)
        )
        proposal = propose(parse_method(name), context, history, None if replay else state)
        state = proposal.state
        proposals.append(proposal.configuration)
        history.append((proposal.configuration, score(proposal.configuration)))
    return proposals


SLOW = ("bayes-opt",)  # among so many choices it thinks for seconds
searches = [name for name, spec in METHODS.items() if spec.uses_initial_design]


@pytest.mark.parametrize("name", [row(name) for name in searches])
def test_where_all_is_constant_there_is_one_proposal(name: str) -> None:
    space = Space((Integer(name="three", low=3, high=3), Categorical(name="only", choices=(None,))))
    only: Configuration = {"three": 3, "only": None}
    context = SearchContext(space=space, baseline=only, initial_points=1, rng=make_rng(0, name))
    proposal = propose(parse_method(name), context, [(only, 0.5)])
    assert (proposal.configuration, proposal.duplicate) == (only, True)


@pytest.mark.parametrize("name", [row(name, SLOW) for name in searches])
def test_a_method_proposes_within_every_kind_learns_and_can_be_replayed(name: str) -> None:
    proposals = search(name, 8)
    assert all(configuration in SPACE for configuration in proposals)
    assert {(c["three"], c["zero"], c["only"]) for c in proposals} == {(3, 0.0, "one")}
    if not METHODS[name].adaptive:
        return
    assert search(name, 3, replay=True) == proposals[:3]
    if name != "cmaes":  # which draws choices by chance, and adapts over hundreds of calls
        drawn = [score(SPACE.sample(np.random.default_rng(seed))) for seed in range(200)]
        assert np.median([score(c) for c in proposals[4:]]) > np.quantile(drawn, 0.7)
