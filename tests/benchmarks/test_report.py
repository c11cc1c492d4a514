"""Reading what pytest-benchmark wrote: ratios by hand, the page, and files that are none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from benchmarks.report.measurements import (
    join_runs,
    proposal_speedups,
    ratios,
    read_benchmarks,
    speedups,
)
from benchmarks.report.page import draw_figures, ratio_rows, write_benchmark_report
from benchmarks.slower import p_value_slower
from study.core.errors import StudyError

ROOT = Path(__file__).parent.parent.parent


def entry(module: str, name: str, median: float, **more: Any) -> dict[str, Any]:
    return {
        "fullname": f"benchmarks/test_{module}.py::test_it[{name}]",
        "name": f"test_it[{name}]",
        "group": module,
        "stats": {"median": median, "data": [0.99 * median, median, 1.01 * median]},
        "extra_info": {"dataset": "digits", **more},
    }


def file(path: Path, factor: float = 1.0, calls: int = 12) -> Path:
    """A benchmark file of known ratios, all seconds of the package's trainings times `factor`."""

    def training(network: str, own: bool, keras: float, study: float) -> list[dict[str, Any]]:
        about = {"network": network, "tutorial": own}
        return [
            entry("training", f"{network}-keras", keras, how="keras", **about),
            entry("training", f"{network}-study", study * factor, how="study", **about),
        ]

    runs = [
        entry(
            "time_per_call", f"{method}-{seed}", 9.0 * calls, method=method, seed=seed,
            seconds_per_call=1.0 + seed, test_accuracy=0.9 + seed / 100, calls=calls,
        )
        for seed in range(2)
        for method in ("baseline", "gp")
    ]  # fmt: skip
    proposals = [
        entry("proposals", f"gp-{n}-{how}", seconds * n, method="gp", length=n, how=how)
        for n in (12, 30)
        for how, seconds in (("study", 0.01), ("scikit-optimize", 0.04))
    ]
    scaling = [
        entry("scaling", f"{turn}-{k}", 12.0 * slow / share, workers=k, evaluations=24)
        for turn, slow in enumerate((1.0, 1.0, 1.5))
        for k, share in ((1, 1.0), (2, 1.8), (4, 3.6 * slow))
    ]
    whole = [
        entry("study", "1", 10.0, how="study", workers=1),
        entry("study", "tutorial", 90.0, how="tutorial", workers=1, seconds=80.0),
    ]
    content = {
        "machine_info": {
            "system": "Linux", "machine": "x86_64", "python_version": "3.13.0", "cpu": {"count": 4},
        },
        "datetime": "2026-01-02T03:04:05+00:00",
        "benchmarks": [
            *training("baseline", True, 4.0, 1.0), *training("gp-winner", True, 16.0, 1.0),
            *training("random-1", False, 3.0, 1.0), *runs, *proposals, *scaling, *whole,
            entry("compiling", "1", 9.0, compile_seconds=6.0),
        ],
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return path


def run_module(*command: str) -> subprocess.CompletedProcess[str]:
    """A module run from the root, as nox does."""
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_ratios_by_hand(tmp_path: Path) -> None:
    found = {what: value for what, value, _ in ratios(read_benchmarks([file(tmp_path / "a.json")]))}
    assert found["training, the tutorial's networks, against Keras fit"] == pytest.approx(8.0)
    assert found["compiling, once per installation"] == pytest.approx(6.0)
    assert found["training, random networks, against Keras fit"] == pytest.approx(3.0)
    assert found["a whole study on 1 worker, against the tutorial's way"] == pytest.approx(8.0)
    assert found["efficiency of 4 workers, against 1"] == pytest.approx(90.0)
    assert found["overhead of suggesting, gp, against scikit-optimize"] == pytest.approx(4.0)


def test_frames_have_a_row_per_network_and_length(tmp_path: Path) -> None:
    benchmarks = read_benchmarks([file(tmp_path / "a.json")])
    assert speedups(benchmarks)["network"].tolist() == ["baseline", "gp-winner", "random-1"]
    assert proposal_speedups(benchmarks)["speedup"].tolist() == pytest.approx([4.0, 4.0])


def test_the_page_shows_ratios_figures_and_change(tmp_path: Path) -> None:
    files = [file(tmp_path / "1.json"), file(tmp_path / "2.json", factor=1.5)]
    write_benchmark_report(files, tmp_path / "out")
    html = (tmp_path / "out" / "benchmark.html").read_text()
    page = ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>\n"))
    assert len(list(page.iter("figure"))) == 5
    text = " ".join("".join(page.itertext()).split())
    assert "Measured 2026-01-02 on Linux x86_64, 4 cores, Python 3.13.0." in text
    assert "+50%" in text
    assert len(list((tmp_path / "out" / "plots").glob("*.svg"))) == 5
    assert "| what | measured |" in (tmp_path / "out" / "benchmark.md").read_text()


@pytest.mark.parametrize("content", ["", "{}", '{"benchmarks": []}', '{"benchmarks": [1]}', "[]"])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(StudyError, match="nox -s benchmark"):
        write_benchmark_report([tmp_path / "a.json"], tmp_path)


def test_a_file_without_its_machine_is_told(tmp_path: Path) -> None:
    benchmarks = [entry("training", "baseline-keras", 4.0, how="keras", network="baseline")]
    (tmp_path / "half.json").write_text(json.dumps({"benchmarks": benchmarks}))
    with pytest.raises(StudyError, match=r"half\.json cannot be read as a file of pytest-bench"):
        write_benchmark_report([tmp_path / "half.json"], tmp_path)


def test_a_folder_or_a_missing_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.json"):
        with pytest.raises(StudyError, match=f"{path.name} cannot be read"):
            write_benchmark_report([path], tmp_path)


@pytest.mark.parametrize(("allowed", "code"), [("20%", 1), ("60%", 0)])
def test_what_became_slower_than_allowed_fails(tmp_path: Path, allowed: str, code: int) -> None:
    files = file(tmp_path / "1.json"), file(tmp_path / "2.json", factor=1.5)
    run = run_module("benchmarks.slower", *map(str, files), allowed)
    assert run.returncode == code, run.stderr
    assert f"allowed +{allowed}" in run.stdout


def test_one_benchmark_is_compared_by_mann_whitney() -> None:
    before, now = [1.0, 2.0, 2.5, 4.0, 1.5], [2.2, 3.0, 5.0, 4.5]
    plain = stats.mannwhitneyu(
        now, before, alternative="greater", method="asymptotic", use_continuity=False
    )
    assert p_value_slower([(before, now)]) == pytest.approx(plain.pvalue)


def test_noise_rarely_counts_as_slower() -> None:
    """Many benchmarks of one round each, and some of more, none of them slower."""
    rng = np.random.default_rng(0)
    rounds = [(1, 1)] * 12 + [(5, 5), (3, 7)]
    found = [
        p_value_slower(
            [(list(rng.exponential(size=m)), list(rng.exponential(size=n))) for m, n in rounds]
        )
        for _ in range(200)
    ]
    assert 0.01 < np.mean(np.array(found) < 0.05) < 0.09
    assert p_value_slower([([1.0], [2.0])]) > 0.05  # one round of each decides nothing
    assert p_value_slower([([1.0], [2.0])] * 6) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("names", [["mnist-4-cores"], ["mnist-4-cores", "mnist"]])
def test_the_command_writes_the_page_of_reference_files(tmp_path: Path, names: list[str]) -> None:
    files = [str(ROOT / "results" / "benchmark" / "reference" / f"{name}.json") for name in names]
    run = run_module("benchmarks.report", *files, "--output", str(tmp_path))
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    pages = [str(tmp_path / "benchmark.html"), str(tmp_path / "benchmark.md")]
    assert lines[:12] == [*plot_files(tmp_path), *pages]
    assert any(
        line.startswith("training, the tutorial's networks, against Keras fit") for line in lines
    )
    markdown = (tmp_path / "benchmark.md").read_text()
    assert ("## Against the run before" in markdown) == (len(files) > 1)


def plot_files(folder: Path) -> list[str]:
    names = ("time_per_call", "accuracy", "proposals", "training", "scaling")
    paths = [folder / "plots" / f"benchmark_{name}" for name in names]
    return [f"{path}.{ending}" for path in paths for ending in ("png", "svg")]


@pytest.mark.parametrize("module", ["benchmarks.report", "benchmarks.slower"])
def test_a_command_tells_of_a_bad_file_in_one_line(tmp_path: Path, module: str) -> None:
    (tmp_path / "bad.json").write_text("not JSON")
    files = [str(file(tmp_path / "1.json")), str(tmp_path / "bad.json")]
    more = ["--output", str(tmp_path)] if module == "benchmarks.report" else ["20%"]
    run = run_module(module, *files, *more)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"{module}: {tmp_path / 'bad.json'} cannot be read")
    assert run.stderr.count("\n") == 1


def test_a_file_without_ratios_has_a_page_without_them(tmp_path: Path) -> None:
    content = json.loads(file(tmp_path / "a.json").read_text())
    runs = [one for one in content["benchmarks"] if one["group"] == "time_per_call"]
    (tmp_path / "a.json").write_text(json.dumps(content | {"benchmarks": runs}))
    run = run_module("benchmarks.report", str(tmp_path / "a.json"), "--output", str(tmp_path))
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == 6
    assert "measured |" not in (tmp_path / "benchmark.md").read_text()


def test_what_was_another_size_is_not_compared(tmp_path: Path) -> None:
    before, now = (
        read_benchmarks([file(tmp_path / f"{calls}.json", calls=calls)]) for calls in (12, 30)
    )
    assert "time_per_call" in set(now["benchmark"])
    assert set(join_runs(before, now)["benchmark"]) == set(now["benchmark"]) - {"time_per_call"}


def test_what_is_half_measured_is_left_out(tmp_path: Path) -> None:
    content = json.loads(file(tmp_path / "a.json").read_text())
    names = [entry["name"] for entry in content["benchmarks"]]
    for broken_off in ("test_it[gp-winner-study]", "test_it[gp-30-scikit-optimize]"):
        del content["benchmarks"][names.index(broken_off)]
        names.remove(broken_off)
    (tmp_path / "a.json").write_text(json.dumps(content))
    write_benchmark_report([tmp_path / "a.json"], tmp_path / "out")
    benchmarks = read_benchmarks([tmp_path / "a.json"])
    assert speedups(benchmarks)["network"].tolist() == ["baseline", "random-1"]
    assert proposal_speedups(benchmarks)["length"].tolist() == [12]


def test_rows_say_what_they_are_and_how_large(tmp_path: Path) -> None:
    rows = {
        row["what"]: row["measured"] for row in ratio_rows(read_benchmarks([file(tmp_path / "a")]))
    }
    assert rows["overhead of suggesting, gp, against scikit-optimize"] == "4 times as fast"
    assert not any("/" in what for what in rows)
    assert not any("e+" in measured for measured in rows.values())


def test_an_axis_that_is_not_linear_says_so(tmp_path: Path) -> None:
    drawn = draw_figures(read_benchmarks([file(tmp_path / "a.json")]), "dataset digits")
    assert len(drawn) == 5
    for one in drawn:
        for axes in one.figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                assert ("log scale" in axis.get_label_text()) == (axis.get_scale() != "linear")


def test_efficiencies_stand_below_the_axis_and_not_on_a_line(tmp_path: Path) -> None:
    (figure,) = (
        one.figure
        for one in draw_figures(read_benchmarks([file(tmp_path / "a.json")]), "dataset digits")
        if one.name == "benchmark_scaling"
    )
    (axes,) = figure.axes
    assert not axes.texts
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1\n100%", "2\n90%", "4\n90%"]
