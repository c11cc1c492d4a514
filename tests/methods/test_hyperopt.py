"""hyperopt's TPE, driven by us and by hyperopt itself."""

import functools
import logging
import random
import warnings
from typing import Any

import numpy as np
import pytest

from study.core.dimensions import Categorical, Integer, Real
from study.core.errors import StudyError
from study.core.records import make_rng
from study.core.space import Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS
from study.methods.selection import parse_method
from tests.methods.test_contract import INITIAL, design, score, search, start

hyperopt = pytest.importorskip("hyperopt")

ACTIVATIONS = ["relu", "sigmoid"]
AS_USERS_WRITE_IT = {
    "learning_rate": hyperopt.hp.loguniform("learning_rate", np.log(1e-4), np.log(1e-2)),
    "num_dense_layers": hyperopt.hp.uniformint("num_dense_layers", 1, 5),
    "num_input_nodes": hyperopt.hp.uniformint("num_input_nodes", 1, 512),
    "num_dense_nodes": hyperopt.hp.uniformint("num_dense_nodes", 1, 28),
    "activation": hyperopt.hp.choice("activation", ACTIVATIONS),
    "batch_size": hyperopt.hp.uniformint("batch_size", 1, 128),
    "adam_decay": hyperopt.hp.uniform("adam_decay", 1e-6, 1e-2),
}


def test_proposals_are_those_of_hyperopts_own_loop() -> None:
    """Told the design, which stands in for its random start."""
    evaluated: list[Any] = []

    def objective(configuration: Any) -> float:
        evaluated.append(configuration)
        return -score(configuration)

    hyperopt.fmin(
        objective,
        AS_USERS_WRITE_IT,
        algo=functools.partial(hyperopt.tpe.suggest, n_startup_jobs=INITIAL),
        max_evals=12,  # and the points
        points_to_evaluate=[
            configuration | {"activation": ACTIVATIONS.index(configuration["activation"])}
            for configuration, _ in design("hyperopt")
        ],
        rstate=make_rng(4, "hyperopt"),
        show_progressbar=False,
    )
    ours = [configuration for configuration, _ in search("hyperopt", 4, 12, replay=False)]
    assert ours == evaluated


def test_nothing_is_said(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.INFO):
        warnings.simplefilter("error")
        search("hyperopt", 0, 3, replay=True)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_pythons_global_generator_is_not_touched() -> None:
    random.seed(5)
    before = random.getstate()
    search("hyperopt", 0, 2, replay=False)
    assert random.getstate() == before


def test_the_whole_design_is_told_before_the_model_is_used() -> None:
    """The first call of the search's own depends on what the design scored."""
    told = design("hyperopt")
    other = [(configuration, -accuracy) for configuration, accuracy in told]
    first = [
        propose(parse_method("hyperopt"), start("hyperopt", 0), history).configuration
        for history in (told, other)
    ]
    assert first[0] != first[1]


def test_settings_reach_the_search() -> None:
    create: Any = METHODS["hyperopt"].create
    found = []
    for changed in ({}, {"n_ei_candidates": 2}):
        one = create(start("hyperopt", 0), **changed)
        for configuration, accuracy in design("hyperopt"):
            one.tell(configuration, accuracy)
        found.append(tuple(one.ask().values()))
    assert found[0] != found[1]
    with pytest.raises(StudyError, match=r"hyperopt\[n_ei_candidates\] is 0: it must be a whole"):
        create(start("hyperopt", 0), n_ei_candidates=0)


EDGES = Space(
    (
        Real(name="narrow", low=1e-4, high=1e-4 * (1 + 2e-15), log=True),
        Integer(name="trees", low=1, high=2, log=True),
        Integer(name="pair", low=-1, high=0),
        Categorical(name="kind", choices=("this", "that")),
    )
)


def test_proposals_at_the_edge_of_an_interval_are_inside() -> None:
    point = EDGES.sample(np.random.default_rng(0))
    history: Any = [(point, 0.0)]
    for seed in range(40):
        context = SearchContext(
            space=EDGES, baseline=point, initial_points=1, rng=make_rng(seed, "hyperopt")
        )
        proposal = propose(parse_method("hyperopt"), context, history)
        assert proposal.configuration in EDGES
