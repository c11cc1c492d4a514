"""What the terminal shows fits into 80 columns, whole."""

import pytest

from study.cli.tables import print_results
from study.core.formatting import format_thousands
from study.results import Results, make_results


@pytest.fixture
def wide(finished: Results) -> Results:
    """A study whose sizes have decimals at both ends, and whose scores scatter by ten points."""
    trials, finals = finished.scores.trials, finished.scores.finals
    sizes = finals["seed"].map({0: 129_400, 1: 340_100})
    scores = finals["test_score"] - 0.3 * finals["seed"]
    finals = finals.assign(size=sizes.astype(float), test_score=scores)
    return make_results(finished.folder, finished.info, trials, finals, finished.scores.trace)


def test_no_figure_of_the_summary_is_cut(
    wide: Results, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_results(wide)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]
    for row in wide.scores.summary.to_dict("records"):
        line = next(line for line in lines if line.split()[:1] == [row["method"]])
        test = f"{100 * row['test_score']:.2f} ± {100 * row['test_sd']:.2f}"
        assert test in line
    span = f"({format_thousands(129_400)}-{format_thousands(340_100)})"
    assert sum(span in line for line in lines) == len(wide.scores.summary)
