"""Image datasets: a function and a row in `sources` each."""
