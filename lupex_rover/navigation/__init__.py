"""Where the rover is, what the ground is like, which way to go, and how to follow it."""
