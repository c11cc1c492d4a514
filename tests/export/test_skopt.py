from pathlib import Path

import numpy as np
import pytest

from study.core.errors import StudyError
from study.export.write import export
from study.results import Results


def test_skopts_plots_take_a_run(odd: Results) -> None:
    from matplotlib import pyplot as plt
    from skopt import plots

    result = odd.optimize_result("random", seed=0)
    searched = ["rate", "share", "units", "batch", "layers", "bias"]  # not the constant
    for figure in (
        plots.plot_objective(result, n_samples=5, n_points=3, levels=3, size=1).figure,
        plots.plot_evaluations(result, bins=5).figure,
    ):
        assert set(searched) <= {axes.get_xlabel() for axes in figure.axes}
    plt.close("all")
    (line, *_) = plots.plot_convergence(result).get_lines()
    assert np.array_equal(line.get_ydata(), np.minimum.accumulate(result.func_vals))
    plt.close("all")


def test_a_baseline_outside_the_space_is_drawn(odd: Results) -> None:
    from matplotlib import pyplot as plt
    from skopt import plots

    result = odd.optimize_result("baseline", seed=0)
    assert plots.plot_evaluations(result, plot_dims=["rate", "batch"]).figure.axes
    assert result.x[0] == 2.0
    plt.close("all")


def test_a_result_has_the_calls_of_its_run(odd: Results) -> None:
    result = odd.optimize_result("random", seed=1)
    rows = odd.call_table[(odd.call_table["method"] == "random") & (odd.call_table["seed"] == 1)]
    names = [dimension.name for dimension in result.space]
    assert names == odd.info.problem.dimensions
    assert [list(map(str, x)) for x in result.x_iters] == rows[names].astype(
        str
    ).to_numpy().tolist()
    assert all(x in result.space for x in result.x_iters)
    scored = rows["status"].eq("ok").to_numpy()
    assert result.func_vals[scored].tolist() == rows["observed_loss"][scored].tolist()
    assert result.fun == rows["observed_loss"].min()
    assert result.x == result.x_iters[int(np.argmin(result.func_vals))]


def test_a_failed_call_is_what_a_search_is_told(odd: Results) -> None:
    values, rows = [], []
    for seed in (0, 1):
        values += odd.optimize_result("random", seed).func_vals.tolist()
        own = odd.trials[(odd.trials["method"] == "random") & (odd.trials["seed"] == seed)]
        worst = own["observed_loss"].cummax().ffill()
        rows += own["observed_loss"].fillna(worst).tolist()
    assert odd.trials["observed_loss"].isna().any()
    assert values == rows


def test_a_file_per_run_is_what_skopt_loads(odd: Results, tmp_path: Path) -> None:
    from skopt import load

    told = export(odd.scores, "skopt", tmp_path / "runs")
    assert told == "4 OptimizeResults: baseline-0.pkl, ..."
    result = load(tmp_path / "runs" / "random-1.pkl")
    assert result.x_iters == odd.optimize_result("random", 1).x_iters
    assert result.specs["args"] == {"problem": "odd", "method": "random", "seed": 1}


@pytest.mark.parametrize(
    ("method", "seed", "told"),
    [("randon", 0, "did you mean 'random'"), ("random", 2, "seed is 2: .* the seeds 0 to 1")],
)
def test_a_run_that_is_not_there_is_told(odd: Results, method: str, seed: int, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        odd.optimize_result(method, seed)
