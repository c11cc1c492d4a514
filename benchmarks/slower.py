"""Fail if benchmarks have become slower: python benchmarks/slower.py BEFORE NOW 20%.

By the median of each kind of benchmark, over those that both files have, for a single one is noise.
What others do, such as Keras, does not count. Without a run before there is nothing to compare
with, and nothing fails.
"""

import sys
from pathlib import Path

from benchmarks.report.measurements import both, read_benchmarks
from study.core.formatting import listed

OTHERS = ["keras", "scikit-optimize", "tutorial"]


def main(*arguments: str) -> int:
    """Compare the last two files; the exit code."""
    *files, allowed = arguments
    if len(files) < 2:
        print("no benchmark before this one: nothing to compare with")
        return 0
    before, now = (read_benchmarks([Path(file)]) for file in files[-2:])
    common = both(before, now[~now["how"].isin(OTHERS)])
    if common.empty:
        print("the run before measured other things: nothing to compare with")
        return 0
    change = common["seconds"] / common["seconds_before"] - 1
    slower = change.groupby(common["benchmark"], sort=False).median()
    limit = float(allowed.rstrip("%")) / 100
    each = listed([f"{kind} {value:+.1%}" for kind, value in slower.items()])
    print(f"median changes: {each}; allowed +{limit:.0%}")
    return int(slower.max() > limit)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
