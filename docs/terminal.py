"""What a terminal of 80 columns shows of a study, as an SVG for README.

python -m docs.terminal results/reference > docs/terminal.svg
"""

import io
import re
import sys
from pathlib import Path

from study.cli.console import console
from study.cli.tables import print_answer, print_pairs, print_summary
from study.results import load

FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # they would be fetched


def terminal_svg(folder: Path) -> str:
    """The main table, the pairs and the answer; the same bytes for the same study."""
    results = load(folder)
    console.width, console.record, console.file = 80, True, io.StringIO()
    print_summary(results)
    print_pairs(results)
    print_answer(results)
    svg = console.export_svg(title=f"study show {folder}", unique_id="study")
    return FONT.sub("", svg)


if __name__ == "__main__":
    sys.stdout.write(terminal_svg(Path(sys.argv[1])))
