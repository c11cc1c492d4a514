import dataclasses
import json
import shutil
from pathlib import Path

import msgspec
import pandas as pd
import pytest

from study.cli.main import main
from study.core.dimensions import Real
from study.core.errors import StudyError
from study.export.table import evaluation_table
from study.export.write import export
from study.results import Results, load, write_tables


def test_a_row_per_call_re_evaluation_and_test(odd: Results) -> None:
    table = evaluation_table(odd.scores)
    counts = table["phase"].value_counts().to_dict()
    assert counts["initial"] + counts["search"] == len(odd.trials)
    assert counts["test"] == (odd.finals["kind"] == "test").sum()
    incumbents = odd.trace.groupby(["method", "seed", "call"]).ngroups
    assert counts["reevaluated"] == 2 * incumbents  # the winners' among them once
    calls = table[table["phase"].isin(["initial", "search"])].reset_index(drop=True)
    shared = [name for name in odd.call_table if name != "incumbent_loss"]
    pd.testing.assert_frame_equal(
        calls[shared].convert_dtypes(), odd.call_table[shared].convert_dtypes()
    )


def test_a_retraining_stands_with_the_call_and_configuration_that_it_repeats(odd: Results) -> None:
    table = evaluation_table(odd.scores)
    tests = table[table["phase"].eq("test") & table["method"].eq("random") & table["seed"].eq(1)]
    own = odd.finals[odd.finals["method"].eq("random") & odd.finals["seed"].eq(1)]
    assert tests["final_loss"].tolist() == own["final_loss"].dropna().tolist()
    rows = odd.call_table[odd.call_table["method"].eq("random") & odd.call_table["seed"].eq(1)]
    winner = rows.sort_values("observed_loss", kind="stable").iloc[0]
    for name in ("call", *odd.info.problem.dimensions):
        assert set(tests[name]) == {winner[name]}


@pytest.mark.parametrize("ledger", [True, False])
def test_a_baseline_outside_the_choices_has_its_type(
    odd: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger: bool
) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(odd.folder, folder)
    if not ledger:
        (folder / "study.db").unlink()
    results = load(folder)
    expected = json.loads(odd.finals["configuration"][odd.finals["method"] == "baseline"].iloc[0])
    found = results.best_of("baseline").configuration
    assert {**found, "layers": [64]} == expected
    assert (found["batch"], found["layers"]) == (64, (64,))
    for table in (results.trials, results.winners):
        assert set(table["batch"][table["method"] == "baseline"]) == {64}
    assert all(check.passed for check in results.checks if "test" in check.rule)
    with pytest.raises(SystemExit, match="0"):
        main(["winner", str(folder), "--method", "baseline", "--json"])
    assert json.loads(capsys.readouterr().out)["configuration"] == expected


def test_the_table_is_written_and_read_back(odd: Results, tmp_path: Path) -> None:
    assert export(odd.scores, "csv", tmp_path / "e.csv").endswith(" evaluations")
    read = pd.read_csv(tmp_path / "e.csv")
    assert list(read.columns) == list(evaluation_table(odd.scores).columns)
    assert read["repeat"].isna().sum() == len(odd.trials)


def test_a_dimension_with_the_name_of_a_column_is_told(odd: Results) -> None:
    space = (*odd.info.problem.space, Real(name="repeat", low=0.0, high=1.0))
    problem = msgspec.structs.replace(odd.info.problem, space=space)
    info = msgspec.structs.replace(odd.info, problem=problem)
    with pytest.raises(StudyError, match="the dimension repeat has the name of another column"):
        evaluation_table(dataclasses.replace(odd.scores, info=info))


def test_the_command_says_what_it_wrote_and_overwrites_nothing(
    odd: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tables(odd)
    out = tmp_path / "e.csv"

    def command(*options: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(["export", str(odd.folder), *options])
        return ended.value.code, "".join(capsys.readouterr())

    assert command("--to", "csv", "--out", str(out)) == (
        0,
        f"{out}: {len(evaluation_table(odd.scores))} evaluations\n",
    )
    before = out.read_bytes()
    for options, told in (
        (("--to", "csv", "--out", str(out)), f"--out {out} exists: name another file"),
        (("--to", "wandb", "--out", str(tmp_path / "x")), "--to 'wandb' is unknown"),
        (("--to", "csv", "--out", str(tmp_path / "no" / "x")), "there is no folder"),
        (("--to", "csv"), "Missing option '--out'"),
    ):
        code, text = command(*options)
        assert code == 2
        assert told in text
        assert text.count("\n") == 1
    assert out.read_bytes() == before
    assert list(tmp_path.iterdir()) == [out]
