"""Plots: frame and axes to axes."""
