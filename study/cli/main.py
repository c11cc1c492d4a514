"""The command line: its commands, each from a module of its own."""

import sys
from typing import Annotated, Any

import typer

from study.cli import compare, export, folder, listing, suite, winner
from study.cli.console import console, error, print_line
from study.core.environment import isolate_process, package_version

START = """\
study compares hyper-parameter search methods at equal budgets, over many seeds. To start with:

  study compare --seeds 5            [dim]a network on images[/]
  study compare --problem hartmann6  [dim]or your FILE.py:NAME[/]
  study show results/NAME            [dim]what came out[/]

study --help lists all commands, study COMMAND --help what a command takes.
"""
MANY, MORE = "Many problems", "Other tools, repair, replication"

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"study {package_version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 (its callback does what there is to do)
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            metavar="",
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Compare hyper-parameter search methods, honestly and fast.

    A fixed baseline, random search, Gaussian-process search and tree-based search tune the same
    small Keras network, or a problem of yours, at equal budgets and over repeated seeds.
    """
    if context.invoked_subcommand is None:
        console.print(START, end="")
        raise typer.Exit(2)  # as for everything else that lacks an argument


app.command(epilog=compare.COMPARE_EXAMPLES)(compare.compare)
app.command(epilog="Example:\n\n  study show results/digits")(folder.show)
app.command(epilog=winner.EXAMPLES)(winner.winner)
app.command(epilog="Example:\n\n  study report results/digits")(folder.report)
app.command(epilog=folder.PLOT_EXAMPLES)(folder.plot)
app.command(epilog="Example:\n\n  study methods")(listing.methods)
app.command(epilog="Example:\n\n  study problems")(listing.problems)
app.command(epilog="Example:\n\n  study suites", rich_help_panel=MANY)(listing.suites)
app.command(epilog=suite.COMBINE_EXAMPLES, rich_help_panel=MANY)(suite.combine)
app.command(epilog=export.EXPORT_EXAMPLES, rich_help_panel=MORE)(export.export)
app.command(epilog="Example:\n\n  study recover results/digits", rich_help_panel=MORE)(
    folder.recover
)
app.command(epilog=compare.REPLICATE_EXAMPLE, rich_help_panel=MORE)(compare.replicate)


def main(arguments: list[str] | None = None) -> None:
    """The console script; what it is given wrongly is one line, too."""
    isolate_process()
    usage_error: Any = typer.BadParameter.__bases__  # click's, wherever Typer has it from
    try:
        code = app(arguments, standalone_mode=False)
    except usage_error as wrong:
        error(f"{wrong.format_message()} (see --help)")
        code = 2
    except typer.Abort:
        code = 130
    sys.exit(code)
