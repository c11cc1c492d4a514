"""Draw what `nox -s benchmark` measured, write a page of it, and print its ratios."""

import argparse
import sys
from pathlib import Path

from benchmarks.report.measurements import read_benchmarks
from benchmarks.report.page import ratio_rows, write_benchmark_report
from study.cli.console import console, print_files
from study.cli.layout import print_rows
from study.core.errors import StudyError

EXAMPLE = """
example:
  python -m benchmarks.report results/benchmark/0001.json results/benchmark/0002.json
"""


def parse_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a file of pytest-benchmark; the last is shown, and compared with the one before",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        default=Path("results", "benchmark"),
        help="folder of the page and its plots; default %(default)s",
    )
    return parser.parse_args()


def main() -> int:
    """Write the page, and print its paths and ratios; the exit code, 2 if that cannot be done."""
    arguments = parse_arguments()
    try:
        print_files(write_benchmark_report(arguments.files, arguments.output))
        rows = ratio_rows(read_benchmarks(arguments.files[-1:]))
    except StudyError as error:
        print(f"benchmarks.report: {error.command_line}", file=sys.stderr)
        return 2
    if rows:
        console.print()
        print_rows(rows, fold=str)
    return 0


if __name__ == "__main__":
    sys.exit(main())
