"""What the terminal shows is whole, at 80 columns and at 60."""

import re
from collections.abc import Callable

import pytest

from study.cli.layout import column_groups, fold_name
from study.cli.listing import print_listing
from study.cli.tables import pair_rows, print_results, summary_rows
from study.core.formatting import format_pair, format_thousands
from study.core.objective import Objective
from study.core.settings import Settings
from study.problems import registry as problems
from study.results import Results, make_results
from tests.test_results import about
from tests.toy import Toy, study_in

LONG = "gp[acq_func=EI,kappa=2.5]"
Show = Callable[[Results, int], list[str]]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study whose sizes have decimals at both ends, and whose scores scatter by ten points."""
    settings = Settings(
        seeds=2, calls=7, initial_points=3, retrain=2, methods=("baseline", "random", LONG)
    )
    results = study_in(tmp_path_factory.mktemp("wide") / "toy", settings=settings)
    trials, finals = results.scores.trials, results.scores.finals
    sizes = finals["seed"].map({0: 129_400, 1: 340_100})
    scores = finals["test_score"] - 0.3 * finals["seed"]
    finals = finals.assign(size=sizes.astype(float), test_score=scores)
    trials = trials.assign(propose_seconds=0.002)
    return make_results(results.folder, results.info, trials, finals, results.scores.trace)


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    """Print everything of a study at a width; the lines."""

    def run(results: Results, width: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        capsys.readouterr()
        print_results(results)
        return capsys.readouterr().out.splitlines()

    return run


@pytest.mark.parametrize("width", [80, 60])
def test_no_name_figure_or_heading_is_cut(wide: Results, show: Show, width: int) -> None:
    lines = show(wide, width)
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if "…" in line]
    flat = "\n".join(lines)
    for row in wide.scores.summary.to_dict("records"):
        assert f"{100 * row['test_score']:.2f} ± {100 * row['test_sd']:.2f}" in flat
        assert f"{100 * row['validation_score']:.2f} " in flat
    span = f"({format_thousands(129_400)}-{format_thousands(340_100)})"
    assert flat.count(span) == len(wide.scores.summary)
    for heading in ("overhead", "train", "total", "re-eval.", "verdict", "won tied lost"):
        assert heading in flat
    assert LONG.split(",", maxsplit=1)[0] in flat


def test_won_tied_and_lost_are_those_of_the_seeds(wide: Results) -> None:
    rows = pair_rows(wide)
    assert {row["pair"] for row in rows} <= {
        format_pair(*pair)
        for pairs in wide.scores.comparisons[["method", "other"]].itertuples(index=False)
        for pair in (tuple(pairs), tuple(pairs)[::-1])
    }
    for row in rows:
        assert sum(map(int, row["won tied lost"].split())) == 2


def test_seconds_have_a_unit_in_which_they_are_not_all_zero(wide: Results) -> None:
    """An evaluation of the toy problem takes milliseconds."""
    first, *_ = summary_rows(wide)
    assert first["train\nms/call"] == f"{1000 * Toy().seconds:.2f}"
    assert first["overhead\nms/call"] == "2.00"
    assert not [heading for heading in first if re.search(r"\bs/call", heading)]


def test_values_that_are_no_percentages_have_as_many_decimals(wide: Results) -> None:
    loss = about(wide, objective=Objective(name="loss", maximise=False))
    rows = summary_rows(loss)
    for heading in ("best\nseen", "re-eval.\n", "final loss\nmean ± sd"):
        decimals = {len(number.partition(".")[2]) for row in rows for number in
                    re.findall(r"[\d.]+", row[heading])}  # fmt: skip
        assert len(decimals) == 1


def test_long_names_are_folded_where_a_reader_would() -> None:
    assert fold_name("gp[kappa=2]") == "gp[kappa=2]"
    assert fold_name(LONG) == "gp[acq_func=EI,\nkappa=2.5]"
    assert fold_name(format_pair(LONG, "random")).split("\n") == [
        "gp[acq_func=EI,",
        "kappa=2.5]",
        "\N{MINUS SIGN} random",
    ]


def test_columns_that_do_not_fit_stand_below_beside_the_names() -> None:
    assert column_groups([10, 10, 10], 30) == [[0, 1, 2]]
    assert column_groups([10, 10, 10], 29) == [[0, 1], [0, 2]]
    assert column_groups([10, 50, 10, 10], 40) == [[0, 1], [0, 2, 3]]
    assert column_groups([10], 5) == [[0]]


@pytest.mark.parametrize("width", [80, 60])
def test_names_in_listings_are_whole(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = list(problems.available())
    print_listing(rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    names = {line.split(" ")[0] for line in lines}
    assert {row.name for row in rows} <= names
    assert "the extra tabular" in " ".join(" ".join(lines).split())
