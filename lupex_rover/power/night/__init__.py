"""The executive's half: what a night needs, and how it is lived through."""
