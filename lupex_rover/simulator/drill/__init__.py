"""The simulated drill."""
