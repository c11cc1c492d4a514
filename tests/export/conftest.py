from typing import Any

import pytest

from study import Categorical, Integer, Objective, Ordinal, Problem, Real
from study.results import Results
from tests.shared import studied


def loss(configuration: dict[str, Any], seed: int) -> dict[str, float]:
    if configuration["layers"] == (32, 32) and configuration["share"] > 0.5:
        raise ValueError("no luck")
    miss = abs(configuration["units"] - 50) / 100 + configuration["rate"]
    value = miss + (seed % 100) / 1e4
    return {"value": value, "weights": configuration["batch"], "latency": configuration["units"]}


ODD = Problem(
    name="odd",
    space=[
        Real(name="rate", low=1e-4, high=1.0, log=True),
        Real(name="share", low=0.01, high=0.99, prior="logit"),
        Integer(name="units", low=2, high=100, log=True),
        Integer(name="steps", low=3, high=3),
        Ordinal(name="batch", choices=(8, 16, 32)),
        Categorical(name="layers", choices=((64,), (32, 32))),
        Categorical(name="bias", choices=(True, False, None)),
    ],
    default={
        "rate": 0.1,
        "share": 0.5,
        "units": 10,
        "steps": 3,
        "batch": 8,
        "layers": (64,),
        "bias": True,
    },
    baseline={
        "rate": 2.0,
        "share": 0.5,
        "units": 500,
        "steps": 3,
        "batch": 64,
        "layers": (64,),
        "bias": True,
    },
    evaluate=loss,
    objective=Objective(name="loss", maximise=False, size="weights"),
)
"""Every kind of dimension, choices that are no texts, failures, a baseline outside the space."""


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return studied(
        problem=ODD,
        methods=["baseline", "random"],
        seeds=2,
        calls=10,
        initial_points=4,
        retrain=2,
        trace=True,
        workers=1,
        output=tmp_path_factory.mktemp("odd") / "odd",
    )
