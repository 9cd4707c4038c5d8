"""Ground that is safe to land on, and the way there."""
