"""Fail if benchmarks have become slower: python -m benchmarks.slower BEFORE NOW 20%.

By the median of each kind of benchmark, over those that both files have, for a single one is noise.
What others do, such as Keras, does not count. Without a run before there is nothing to compare
with, and nothing fails.
"""

import sys
from pathlib import Path

from benchmarks.report.measurements import join_runs, read_benchmarks
from study.core.errors import StudyError
from study.core.formatting import join_words

OTHERS = ["keras", "scikit-optimize", "tutorial"]


def main(*arguments: str) -> int:
    """Compare the last two files; the exit code, 2 if one cannot be read."""
    *files, allowed = arguments
    if len(files) < 2:
        print("no benchmark before this one: nothing to compare with")
        return 0
    try:
        before, now = (read_benchmarks([Path(file)]) for file in files[-2:])
    except StudyError as error:
        print(f"benchmarks.slower: {error.command_line}", file=sys.stderr)
        return 2
    common = join_runs(before, now[~now["how"].isin(OTHERS)])
    if common.empty:
        print("the run before measured other things: nothing to compare with")
        return 0
    change = common["seconds"] / common["seconds_before"] - 1
    slower = change.groupby(common["benchmark"], sort=False).median()
    limit = float(allowed.rstrip("%")) / 100
    each = join_words([f"{kind} {value:+.1%}" for kind, value in slower.items()])
    print(f"median changes: {each}; allowed +{limit:.0%}")
    return int(slower.max() > limit)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
