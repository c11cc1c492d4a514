"""The tutorial's network, and what trains it."""
