"""Fail if benchmarks have become slower: python benchmarks/slower.py BEFORE NOW 20%.

By the median over all benchmarks that both files have, for a single one is noise. Without a run
before there is nothing to compare with, and nothing fails.
"""

import sys
from pathlib import Path

from study.benchmarks import both, read_benchmarks


def main(*arguments: str) -> int:
    """Compare the last two files; the exit code."""
    *files, allowed = arguments
    if len(files) < 2:
        print("no benchmark before this one: nothing to compare with")
        return 0
    before, now = (read_benchmarks([Path(file)]) for file in files[-2:])
    common = both(before, now)
    if common.empty:
        print("the run before measured other things: nothing to compare with")
        return 0
    slower = float((common["seconds"] / common["seconds_before"]).median() - 1)
    limit = float(allowed.rstrip("%")) / 100
    print(f"median change of {len(common)} benchmarks: {slower:+.1%}, allowed +{limit:.0%}")
    return int(slower > limit)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
