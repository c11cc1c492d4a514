"""`study winner`: the configuration to take, what it is, and the network itself as a Keras file."""

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from study.cli.console import console, error, exit_on_error, print_line
from study.cli.options import DataDir, Folder, flag, option
from study.core.errors import StudyError
from study.core.formatting import pluralize
from study.core.validation import to_path
from study.core.winner import Winner, to_line

if TYPE_CHECKING:
    from study.results import Results

EXAMPLES = """
Examples:

  study winner results/digits

  study winner results/digits --method gp --seed 3

  study winner results/digits --method gp --json

  study winner results/digits --save digits.keras
"""
MAX_PARAMETERS = 200_000_000  # of a network whose table is built


def winner(
    folder: Folder,
    *,
    method: Annotated[
        str | None, option("The best of this method.", "of all methods", metavar="NAME")
    ] = None,
    seed: Annotated[
        int | None,
        option("What the method's run at this seed chose.", "the best of all seeds"),
    ] = None,
    line: Annotated[bool, flag("--line", "Print the line to copy alone.")] = False,
    as_json: Annotated[bool, flag("--json", "Print JSON alone.")] = False,
    save: Annotated[
        Path | None,
        option(
            "Train the network once more from the recorded seed, and save it if it has the "
            "recorded test accuracy.",
            metavar="FILE.keras",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print the best configuration as a line to copy: of all, of a method, or of one run.

    The best is the configuration with the best re-evaluated value; no test score chooses. Then come
    its values, and what it is: for the built-in network Keras's table of layers, beside those of
    the tutorial's two networks; for a problem of yours what its `build` returns. Exit code 1:
    the retrained network scores otherwise than the recorded one.
    """
    from study.results import load

    def command() -> int:
        if line and as_json:
            raise StudyError("--line and --json exclude each other: give one")
        if seed is not None and method is None:
            raise StudyError(f"--seed {seed} needs a --method: each has a run of its own there")
        results = load(folder)
        found = results.best if method is None else results.best_of(method, seed=seed)
        place = to_path("--save", save) if save else None
        if place is not None:
            require_savable(results, found, place)
        if as_json:
            print_line(to_json(found))
        else:
            print_line(to_line(found.configuration))
        if not (line or as_json):
            print_values(results, found, method, one_run=seed is not None)
            print_parts(results, found)
        quiet = line or as_json
        return save_network(results, found, place, data_dir, quiet=quiet) if place else 0

    exit_on_error(command)


def to_json(found: Winner) -> str:
    """A winner as JSON; what has no value is null."""
    fields = dataclasses.asdict(found)
    missing = {name: None for name, x in fields.items() if isinstance(x, float) and math.isnan(x)}
    return json.dumps(fields | missing, indent=2, allow_nan=False)


def print_values(results: "Results", found: Winner, method: str | None, *, one_run: bool) -> None:
    """Who chose a configuration, what it came to, and how it was chosen: of all, or of a method."""
    from rich.markup import escape

    from study.report.winner_words import choice_note, chooser, format_value, measured

    objective, settings = results.objective, results.info.settings
    observed = f"{objective.search_label} {format_value(found.observed, objective)}"
    who = f"{found.method}, seed {found.seed}" if one_run else chooser(found, results)
    console.print(f"\n[bold]{escape(who)}[/]: {observed}, {escape(measured(found, results))}")
    if one_run:
        same = f"{found.chosen_by:,} of {pluralize(settings.seeds, 'seed')}"
        note = f"The best of the run's {pluralize(settings.calls, 'call')} by "
        note += f"{objective.search_label}, as it was observed; {same} of {found.method} chose it."
    else:
        note = choice_note(results, method)
    console.print(escape(note), style="dim")


def print_parts(results: "Results", found: Winner) -> None:
    """What a configuration is: Keras's tables of networks, or what a user's `build` returns."""
    problem, data = results.info.problem, results.info.data
    if not data.problem:
        print_networks(results, found)
        return
    from study.problems.built import build_again, built_text
    from study.problems.registry import find_again
    from study.training.tensorflow import configure_process

    configure_process(results.info.settings.threads)  # before a user's file imports Keras
    own = find_again(data.problem, problem.fingerprint)
    built = None if own is None else build_again(own, found.configuration)
    if own is None:
        console.print(
            "Its code is not here as it was, or stands in a list: what it builds is not shown.",
            style="dim",
        )
    elif built is not None:
        print_line(f"\nWhat {problem.name} builds of it:")
        print_line(built_text(built, console.width))


def print_networks(results: "Results", found: Winner) -> None:
    """Keras's own tables of the winner and of the tutorial's two networks."""
    from study.execution.retrain import tunes_network

    info = results.info
    inputs, classes = info.problem.facts.get("inputs"), info.problem.classes
    small = found.size is not None and found.size <= MAX_PARAMETERS
    if not (tunes_network(info, found) and type(inputs) is int and classes and small):
        return
    from rich.columns import Columns
    from rich.text import Text

    from study.core.tutorial import MNIST_CLASSES, MNIST_INPUTS
    from study.replication.claims import GBRT_WINNER, GP_WINNER
    from study.training.network import make_network, parameter_count, summary_text
    from study.training.tensorflow import import_without_gpus

    if parameter_count(found.configuration, inputs, classes) != found.size:
        return
    import_without_gpus()
    import keras

    tutorial = MNIST_INPUTS, MNIST_CLASSES
    tables = []
    for title, name, configuration, sizes in (
        (f"The winner, on {info.problem.name}", "winner", found.configuration, (inputs, classes)),
        ("The tutorial's winner of gp, on mnist", "tutorial_gp", GP_WINNER, tutorial),
        ("The tutorial's winner of gbrt, on mnist", "tutorial_gbrt", GBRT_WINNER, tutorial),
    ):
        keras.backend.clear_session()  # or the layers of one are numbered on from another's
        model = make_network(configuration, *sizes, name)
        tables.append(Text(f"\n{title}\n{summary_text(model, 60)}"))
    console.print(Columns(tables))


def require_savable(results: "Results", found: Winner, path: Path) -> None:
    """Raise `StudyError` unless this winner can be saved as a Keras file of that name."""
    from study.execution.retrain import require_keras_path, tunes_network

    require_keras_path(path)
    if not tunes_network(results.info, found):
        raise StudyError(
            f"--save {path} is for the built-in network, this study is of "
            f"{results.info.problem.name}: train your own with the configuration, which study "
            "winner --json prints"
        )


def save_network(
    results: "Results", found: Winner, path: Path, data_dir: Path | None, *, quiet: bool
) -> int:
    """Train a winner once more, and save it if it scores what was recorded; the exit code."""
    from study.cli.progress import downloading
    from study.execution.retrain import DifferenceError, retrain, save_keras

    try:
        with downloading() as on_download:
            retrained = retrain(results, found, data_dir, on_download)
        save_keras(retrained, found, path)
    except DifferenceError as differing:
        error(differing.command_line)
        return 1
    if not quiet:
        share = results.objective.format_score(retrained.accuracy)
        print_line(
            f"\n{path}: {found.method}, seed {found.seed}, retraining {retrained.repeat}, test "
            f"accuracy {share} as recorded"
        )
    return 0
