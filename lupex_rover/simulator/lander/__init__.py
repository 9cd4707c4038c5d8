"""The simulated lander and its guidance."""
