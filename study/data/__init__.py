"""Datasets: a function and a row in `sources` each, or files of one's own."""
