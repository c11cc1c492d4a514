"""What the package takes: pytest-benchmark files, and the simulation of its statistics."""
