"""One tell and ask at a given length of history: the package, and scikit-optimize by hand."""

import copy
import pickle
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from study.core.records import make_rng
from study.core.space import Configuration
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.selection import parse_method
from study.training.network import BASELINE, SPACE

LENGTHS = (12, 30, 100, 300)
ROUNDS = {12: 11, 30: 11, 100: 7, 300: 7}
GP_ROUNDS = {**ROUNDS, 300: 2}  # of 4 seconds each


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For both alike, as the package proposes."""
    with threadpool_limits(1):
        yield


def history_of(length: int) -> list[tuple[Configuration, float]]:
    """Random configurations with a smooth made-up accuracy."""
    rng = np.random.default_rng(length)
    configurations = [SPACE.sample(rng) for _ in range(length)]
    nodes = [float(configuration["num_input_nodes"]) for configuration in configurations]
    scores = [0.9 + 0.05 * np.tanh(n / 100) + rng.normal(0, 0.002) for n in nodes]
    return [
        (configuration, float(s)) for configuration, s in zip(configurations, scores, strict=True)
    ]


@pytest.mark.benchmark(timer=time.process_time)  # a neighbour on the machine costs the others
@pytest.mark.parametrize("how", ["study", "scikit-optimize"])
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("method", ["gp", "gbrt", "forest"])
def test_proposal(benchmark: Any, method: str, length: int, how: str) -> None:
    """`study`: from the pickled search to the pickled search; else the Optimizer alone."""
    history = history_of(length)
    context = SearchContext(
        space=SPACE, baseline=BASELINE, initial_points=length, rng=make_rng(0, method)
    )
    search: Any = parse_method(method).create(context)
    for configuration, accuracy in history[:-1]:
        search.tell(configuration, accuracy)
    state = pickle.dumps(search)

    def by_study() -> Any:
        return propose(parse_method(method), context, history, state)

    def by_hand(optimizer: Any) -> Any:
        configuration, accuracy = history[-1]
        optimizer.tell(SPACE.to_point(configuration), -accuracy)
        return optimizer.ask()

    rounds = (GP_ROUNDS if method == "gp" else ROUNDS)[length]
    benchmark.extra_info |= {"method": method, "length": length, "how": how}
    if how == "study":
        benchmark.pedantic(by_study, rounds=rounds, warmup_rounds=1)
    else:
        benchmark.pedantic(
            by_hand,
            setup=lambda: ((copy.deepcopy(search.optimizer),), {}),
            rounds=rounds,
            warmup_rounds=1,
        )
