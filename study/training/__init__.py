"""Training: the tutorial's networks, and what trains them."""
