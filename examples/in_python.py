"""A study from Python, and what it found as data frames."""

from study import compare

results = compare(dataset="digits", methods=["baseline", "random", "gp"], seeds=2, calls=6)
print(results.summary[["method", "test_accuracy", "test_sd"]].to_string(index=False))
for row in results.comparisons.itertuples():
    print(f"{row.method} against {row.other}: {row.verdict}")
print("kept its rules" if results.valid else results.failed_checks)
