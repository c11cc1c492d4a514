"""Exports as files: complete or not there, and never in place of something else."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from study.analysis.score_tables import ScoreTables
from study.core.errors import StudyError, reason_of, translate_errors
from study.core.formatting import pluralize
from study.core.validation import to_path, unknown_name_error
from study.export.optuna import require_optuna, to_studies
from study.export.runs import Track, each_run
from study.export.skopt import to_optimize_result
from study.export.table import evaluation_table
from study.storage import csv


def export(scores: ScoreTables, to: str, out: Path, track: Track = iter) -> str:
    """Write a study for another tool, one of `WRITERS`; what was written, in words.

    Raises
    ------
    StudyError
        If there is no such tool, it is not installed, or `out` exists or cannot be written.
    """
    if to not in WRITERS:
        raise unknown_name_error("to", to, list(WRITERS))
    out = to_path("--out", out)
    if out.exists():
        raise StudyError(f"--out {out} exists: name another file, or remove it")
    if not out.parent.is_dir():
        raise StudyError(f"--out {out}: there is no folder {out.parent}: make it first")
    with (
        translate_errors(
            OSError,
            lambda e: (
                f"--out {out} cannot be written ({reason_of(e, with_path=False)}): name another"
            ),
        ),
        TemporaryDirectory(prefix=".study-export-", dir=out.parent) as beside,
    ):
        written = WRITERS[to](scores, Path(beside) / out.name, track)
        (Path(beside) / out.name).rename(out)
    return written


def write_storage(scores: ScoreTables, path: Path, track: Track) -> str:
    """Optuna's studies in a storage of SQLite; Optuna takes some 20 ms for each trial."""
    require_optuna()
    from optuna.storages import RDBStorage

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path)
        # Optuna commits every trial; a file that is not whole gets no name.
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    storage = RDBStorage("sqlite:///", engine_kwargs={"creator": connect})
    try:
        studies = to_studies(scores, storage, track)
    finally:
        storage.remove_session()
        storage.engine.dispose()
    return f"{pluralize(len(studies), 'Optuna study', 'Optuna studies')}: {_first(list(studies))}"


def write_results(scores: ScoreTables, folder: Path, track: Track) -> str:
    """scikit-optimize's results, as `skopt.load` reads them: a file per run in a new folder."""
    from skopt import dump

    folder.mkdir()
    names = []
    for method, seed, _ in each_run(scores.trials, track):
        names.append(f"{quote(method, safe=' []=,+()')}-{seed}.pkl")
        result = to_optimize_result(scores, method, seed)
        dump(result, folder / names[-1], store_objective=False, compress=3)
    return f"{pluralize(len(names), 'OptimizeResult')}: {_first(names)}"


def write_csv(scores: ScoreTables, path: Path, _: Track) -> str:
    """All evaluations as one table."""
    table = evaluation_table(scores)
    csv.write_table(table, path)
    return pluralize(len(table), "evaluation")


def _first(names: list[str]) -> str:
    """The first name, and that there are more."""
    more = ", ..." if len(names) > 1 else ""
    return f"{names[0]}{more}" if names else "none"


WRITERS: dict[str, Callable[[ScoreTables, Path, Track], str]] = {
    "optuna": write_storage,
    "skopt": write_results,
    "csv": write_csv,
}
"""What writes a study for each tool, given where; it says what it wrote."""
