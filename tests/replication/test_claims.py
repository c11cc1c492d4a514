"""The tutorial's claims: the arithmetic, the leak, and a whole replication in small."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.api import run_plan, write_outputs
from study.core.records import EvaluationKind
from study.core.settings import Settings
from study.core.tutorial import REPORTED, reported_results
from study.data.dataset import Dataset
from study.execution.plan import StudyRequest, make_plan
from study.replication import replicate
from study.replication.claims import CLAIMS, TRIED, claim_frame
from study.replication.tables import guided_calls, paragraph, read_replication
from study.results import Results
from study.storage.ledger import Ledger
from study.training import network


def framed(**measured: list[float]) -> pd.DataFrame:
    return claim_frame(measured, {}, 12).set_index("claim")


def test_every_claim_has_a_row_and_a_verdict() -> None:
    found = claim_frame({"C1": [93.0, 93.1, 92.9]}, {"C1": 13_002}, 11)
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


def test_what_the_data_could_not_have_refuted_does_not_hold() -> None:
    """Two networks of which one did not learn: any accuracy lies within their interval."""
    row = framed(C3=[9.8, 45.86]).loc["C3"]
    assert row["verdict"] == "cannot tell"
    assert (row["low"], row["high"], row["single_low"], row["single_high"]) == (0, 100, 0, 100)
    assert framed(C3=[97.0, 98.6, 98.1]).loc["C3", "verdict"] == "cannot tell"
    assert framed(C3=[98.0, 98.2, 98.1]).loc["C3", "verdict"] == "holds"
    assert framed(C3=[9.8, 10.2, 9.9]).loc["C3", "verdict"] == "does not hold"


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


def test_mnist_is_known_by_its_content(mnist: Dataset, digits: Dataset) -> None:
    assert reported_results(mnist.fingerprint()) == REPORTED
    assert reported_results(digits.fingerprint()) == {}


def test_guided_calls_by_hand() -> None:
    rows: list[dict[str, Any]] = [
        {"method": "gp", "seed": 0, "phase": "initial", "validation_score": 0.90},
        {"method": "gp", "seed": 0, "phase": "initial", "validation_score": 0.95},
        {"method": "gp", "seed": 0, "phase": "search", "validation_score": 0.93},
        {"method": "gp", "seed": 1, "phase": "initial", "validation_score": 0.90},
        {"method": "gp", "seed": 1, "phase": "search", "validation_score": 0.96},
    ]
    found = guided_calls(pd.DataFrame(rows))
    assert found["gain"].tolist() == pytest.approx([-2.0, 6.0])


@pytest.mark.slow
def test_a_replication_in_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On digits, which is not the tutorial's data: the whole way, resumed, with three trials."""
    monkeypatch.setattr(replicate, "TRIED", TRIED[:3])
    monkeypatch.setattr(replicate, "LEAK_EPOCHS", 30)
    request = StudyRequest(
        dataset="digits", methods=("gp", "gbrt"), seeds=2, calls=3, initial_points=2, retrain=1,
        epochs=3, workers=1, output=tmp_path / "out",
    )  # fmt: skip

    def replicated() -> Results:
        results = run_plan(make_plan(request), lambda _: None, replicate.extras)
        replicate.write_claims(results)
        write_outputs(results)
        return results

    results = replicated()
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
    replicated()
    with Ledger(tmp_path / "out" / "study.db", create=False) as ledger:
        assert ledger.evaluations() == held
    replication = read_replication(tmp_path / "out")
    assert replication is not None
    assert "one network stays between" in paragraph(replication, results)


def test_what_the_claims_need_is_made_once() -> None:
    extras = replicate.extras(Settings(seeds=8))
    assert len({extra.task.key for extra in extras}) == len(extras) == 1 + 8 * 5 + 3 * 24
    assert extras[0].task.kind is EvaluationKind.LEAK
    assert extras[0].seconds
    assert extras[0].seconds > 60  # so that it is begun first
