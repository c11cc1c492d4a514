"""Statistics: frame to frame."""
