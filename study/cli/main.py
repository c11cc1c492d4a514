"""The command line: its commands, each from a module of its own."""

import sys
from typing import Annotated, Any

import typer

from study.cli import compare, export, folder, listing, suite, winner
from study.cli.console import error, print_line
from study.core.environment import isolate_process, package_version

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"study {package_version()}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Compare hyper-parameter search methods, honestly and fast.

    A fixed baseline, random search, Gaussian-process search and tree-based search tune the same
    small Keras network, or a problem of yours, at equal budgets and over repeated seeds.
    """


app.command(epilog=compare.COMPARE_EXAMPLES)(compare.compare)
app.command(epilog=compare.REPLICATE_EXAMPLE)(compare.replicate)
app.command(epilog=suite.COMBINE_EXAMPLES)(suite.combine)
app.command(epilog="Example:\n\n  study show results/digits")(folder.show)
app.command(epilog=winner.EXAMPLES)(winner.winner)
app.command(epilog="Example:\n\n  study report results/digits")(folder.report)
app.command(epilog=folder.PLOT_EXAMPLES)(folder.plot)
app.command(epilog=export.EXPORT_EXAMPLES)(export.export)
app.command(epilog="Example:\n\n  study recover results/digits")(folder.recover)
app.command(epilog="Example:\n\n  study methods")(listing.methods)
app.command(epilog="Example:\n\n  study problems")(listing.problems)
app.command(epilog="Example:\n\n  study suites")(listing.suites)


def main(arguments: list[str] | None = None) -> None:
    """The console script; what it is given wrongly is one line, too."""
    isolate_process()
    usage_error: Any = typer.BadParameter.__bases__  # click's, wherever Typer has it from
    try:
        code = app(arguments, standalone_mode=False)
    except usage_error as wrong:
        if message := wrong.format_message():  # none if there were no arguments: help was shown
            error(f"{message} (see --help)")
        code = 2
    except typer.Abort:
        code = 130
    sys.exit(code)
