"""Example of an added board: a pan-tilt mast."""
