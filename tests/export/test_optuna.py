import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from study.core.errors import StudyError
from study.export.write import export
from study.results import Results

optuna = pytest.importorskip("optuna")

LAYERS = ("(64,)", "(32, 32)")


def test_a_storage_opens_in_optuna_with_a_study_per_method_and_seed(
    odd: Results, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'study.sqlite3'}"
    told = export(odd.scores, "optuna", tmp_path / "study.sqlite3")
    assert told == "4 Optuna studies: odd/baseline/0, ..."
    names = ["odd/baseline/0", "odd/baseline/1", "odd/random/0", "odd/random/1"]
    assert optuna.get_all_study_names(url) == names
    study = optuna.load_study(study_name="odd/random/1", storage=url)
    rows = odd.trials[(odd.trials["method"] == "random") & (odd.trials["seed"] == 1)]
    complete = optuna.trial.TrialState.COMPLETE
    assert [t.state is complete for t in study.trials] == rows["status"].eq("ok").tolist()
    values = [t.value for t in study.trials if t.state is complete]
    assert values == rows["observed_loss"].dropna().tolist()
    assert study.direction is optuna.study.StudyDirection.MINIMIZE
    assert study.best_value == rows["observed_loss"].min()
    for name in ("rate", "share", "units", "steps", "batch", "bias"):
        assert [t.params[name] for t in study.trials] == rows[name].tolist(), name
    assert [t.params["layers"] for t in study.trials] == list(map(str, rows["layers"]))


def test_distributions_are_those_of_the_space(odd: Results) -> None:
    d = optuna.distributions
    assert odd.to_optuna()["odd/random/0"].trials[0].distributions == {
        "rate": d.FloatDistribution(1e-4, 1.0, log=True),
        "share": d.FloatDistribution(0.01, 0.99),
        "units": d.IntDistribution(2, 100, log=True),
        "steps": d.IntDistribution(3, 3),
        "batch": d.CategoricalDistribution((8, 16, 32)),
        "layers": d.CategoricalDistribution(LAYERS),
        "bias": d.CategoricalDistribution((True, False, None)),
    }


def test_a_baseline_outside_the_space_widens_its_own_study(odd: Results) -> None:
    (trial, *_) = odd.to_optuna()["odd/baseline/0"].trials
    assert (trial.params["rate"], trial.params["units"]) == (2.0, 500)
    d = optuna.distributions
    assert trial.distributions["rate"] == d.FloatDistribution(1e-4, 2.0, log=True)
    assert trial.distributions["batch"] == d.CategoricalDistribution((8, 16, 32, 64))


def test_attributes_tell_what_optuna_has_no_place_for(odd: Results) -> None:
    study = odd.to_optuna()["odd/random/0"]
    own = odd.finals[(odd.finals["method"] == "random") & (odd.finals["seed"] == 0)]
    winner = study.trials[study.user_attrs["winner_call"] - 1]
    assert winner.value == study.best_value
    assert study.user_attrs["reevaluated_loss"] == own["observed_loss"].dropna().tolist()
    assert study.user_attrs["final_loss"] == own["final_loss"].dropna().tolist()
    first = study.trials[0].user_attrs
    assert first.keys() >= {"call", "phase", "weights", "train_seconds", "status", "latency"}
    assert (first["call"], first["phase"], first["weights"]) == (1, "initial", 8)
    failed = [t for s in odd.to_optuna().values() for t in s.trials if t.value is None]
    assert failed
    assert all("no luck" in t.user_attrs["reason"] for t in failed)


def test_trials_last_as_long_as_their_evaluation(odd: Results) -> None:
    trials = odd.to_optuna()["odd/random/0"].trials
    rows = odd.trials[(odd.trials["method"] == "random") & (odd.trials["seed"] == 0)]
    durations = [trial.duration or timedelta() for trial in trials]
    seconds = [duration.total_seconds() for duration in durations]
    assert seconds == pytest.approx(rows["train_seconds"].tolist(), abs=2e-6)
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    assert ends == sorted(ends)


def test_optunas_plots_draw(odd: Results) -> None:
    from matplotlib import pyplot as plt
    from optuna.visualization import matplotlib as plots

    study = odd.to_optuna()["odd/random/0"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        searched = [name for name in odd.info.problem.dimensions if name != "steps"]
        slices: Any = plots.plot_slice(study, params=searched)
        importances = plots.plot_param_importances(study)
    assert len(slices) == 6
    assert importances.patches
    plt.close("all")


def test_a_missing_optuna_is_told(
    odd: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"Optuna is not installed here: .*hpo-study\[tpe\]"):
        export(odd.scores, "optuna", tmp_path / "study.sqlite3")
    assert not list(tmp_path.iterdir())
