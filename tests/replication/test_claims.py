"""The tutorial's claims: the arithmetic, the leak, and a whole replication in small."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.core.errors import StudyError
from study.core.records import Part
from study.core.settings import Settings
from study.data.sources import Dataset
from study.execution import plan
from study.problems.network import NetworkProblem
from study.replication import claims, replicate
from study.replication.claims import CLAIMS, TRIED, claim_frame
from study.results import load
from study.storage.ledger import Ledger
from study.training import network


def framed(**measured: list[float]) -> pd.DataFrame:
    return claim_frame(measured, {}, 12).set_index("claim")


def test_every_claim_has_a_row_and_a_verdict() -> None:
    found = claim_frame({"C1": [93.0, 93.1, 92.6]}, {"C1": 13_002}, 11)
    assert found["claim"].tolist() == [claim.number for claim in CLAIMS]
    verdicts = found.set_index("claim")["verdict"]
    assert verdicts["C1"] == "holds"
    assert verdicts["C6"] == "does not hold"
    assert set(verdicts.drop(["C1", "C6"])) == {"not testable"}


def test_intervals_are_scipys() -> None:
    values = [93.0, 93.4, 92.9, 93.3]
    row = framed(C1=values).loc["C1"]
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx(tuple(interval))
    half = stats.t.ppf(0.975, 3) * np.std(values, ddof=1) * math.sqrt(1 + 1 / 4)
    assert row["single_high"] - row["measured"] == pytest.approx(half)


def test_a_figure_that_one_more_training_could_give_holds() -> None:
    """Outside of the interval of the mean, but within that of one more measurement."""
    row = framed(C1=[93.0, 93.1, 93.2, 93.3, 92.9, 93.4, 93.0, 93.3]).loc["C1"]
    assert not row["low"] <= row["claimed"] <= row["high"]
    assert row["single_low"] <= row["claimed"]
    assert row["verdict"] == "holds"


def test_one_measurement_tests_nothing() -> None:
    assert framed(C1=[92.83]).loc["C1", "verdict"] == "not testable"


def test_the_networks_have_as_many_parameters_as_claimed() -> None:
    for claim in CLAIMS:
        if claim.parameters and claim.number in replicate.NETWORKS:
            _, configuration = replicate.NETWORKS[claim.number]
            assert network.parameter_count(configuration, 784, 10) == claim.parameters


def test_the_trials_are_of_the_tutorials_space() -> None:
    assert len(TRIED) == 24
    for _, configuration, printed in TRIED:
        assert configuration in network.SPACE
        assert 98.17 <= printed <= 98.23


def test_twelve_calls_are_not_the_fewest_that_run() -> None:
    assert replicate.smallest_number_of_calls() == 11


def test_a_network_that_goes_on_starts_where_it_stopped(digits: Dataset) -> None:
    trainer = NetworkProblem(digits, epochs=2).trainer
    first = trainer.train(network.DEFAULT, np.random.default_rng(0), 2, digits.fitted)
    score = trainer.test_accuracy(first.model)
    again = trainer.train(
        network.DEFAULT, np.random.default_rng(1), 2, digits.fitted, going_on=(first.model, 40)
    )
    assert first.initial_loss > 2
    assert again.initial_loss < 0.9 * first.initial_loss
    assert again.losses[0] < first.losses[-1]
    assert trainer.test_accuracy(again.model) > score


def test_the_decay_goes_on_too() -> None:
    from study.training.trainer import learning_rates

    whole = learning_rates({**network.DEFAULT, "adam_decay": 0.01}, 100)
    rest = learning_rates({**network.DEFAULT, "adam_decay": 0.01}, 50, before=50)
    restart = learning_rates({**network.DEFAULT, "adam_decay": 0.0}, 50) / 1e-3
    expected = 1e-3 / (1 + 0.01 * np.arange(50, 100)) * restart
    assert rest == pytest.approx(expected, rel=1e-5)
    assert rest[0] < whole[0]


def test_only_mnist_is_claimed_about(tmp_path: Path) -> None:
    planned = plan.plan(dataset="digits", workers=1, output=tmp_path / "out")
    with pytest.raises(StudyError, match="claims are about MNIST"):
        replicate.replicate(planned)
    assert not (tmp_path / "out").exists()


def test_mnist_is_known_by_its_content(mnist: Dataset, digits: Dataset) -> None:
    assert claims.is_mnist(NetworkProblem(mnist, 3).describe())
    assert not claims.is_mnist(NetworkProblem(digits, 3).describe())


def test_guided_calls_by_hand() -> None:
    rows: list[dict[str, Any]] = [
        {"method": "gp", "seed": 0, "phase": "initial", "validation_score": 0.90},
        {"method": "gp", "seed": 0, "phase": "initial", "validation_score": 0.95},
        {"method": "gp", "seed": 0, "phase": "search", "validation_score": 0.93},
        {"method": "gp", "seed": 1, "phase": "initial", "validation_score": 0.90},
        {"method": "gp", "seed": 1, "phase": "search", "validation_score": 0.96},
    ]
    found = claims.guided_calls(pd.DataFrame(rows))
    assert found["gain"].tolist() == pytest.approx([-2.0, 6.0])


def test_a_replication_in_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On digits, which is not the tutorial's data: the whole way, resumed, with three trials."""
    monkeypatch.setattr(claims, "is_mnist", lambda problem: True)
    monkeypatch.setattr(replicate, "TRIED", TRIED[:3])
    monkeypatch.setattr(replicate, "LEAK_EPOCHS", 30)
    planned = plan.plan(
        dataset="digits", methods=("gp", "gbrt"), seeds=2, calls=3, initial_points=2, retrain=1,
        epochs=3, workers=1, output=tmp_path / "out",
    )  # fmt: skip
    results = replicate.replicate(planned)
    assert results.valid
    assert results.finished
    table = pd.read_csv(tmp_path / "out" / "claims.csv").set_index("claim")
    assert table.loc["C3", "n"] == 2
    assert table.loc["C6", "measured"] == 11
    leak = pd.read_csv(tmp_path / "out" / "leak.csv")
    assert len(leak) == 3 * 2
    assert leak["continued"].min() > 95  # whatever the settings
    assert leak.loc[leak["trial"] == 2, "fresh"].max() < 50
    assert (tmp_path / "out" / "plots" / "leak.svg").is_file()
    with Ledger(tmp_path / "out" / "study.db", create=False) as ledger:
        held = ledger.evaluations()
    replicate.replicate(planned)
    with Ledger(tmp_path / "out" / "study.db", create=False) as ledger:
        assert ledger.evaluations() == held
    replication = load(tmp_path / "out").replication
    assert replication is not None
    assert "one network stays between" in claims.paragraph(*replication, results.trials)


def test_what_the_claims_need_is_made_once() -> None:
    extras = replicate.extras(Settings(seeds=8))
    assert len({extra.task.key for extra in extras}) == len(extras) == 1 + 8 * 5 + 3 * 24
    assert extras[0].task.part is Part.LEAK
    assert extras[0].seconds
    assert extras[0].seconds > 60  # so that it is begun first
