"""The page of the benchmarks, from pytest-benchmark's files: `python -m benchmarks.report`."""
