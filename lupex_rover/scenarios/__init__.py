"""What a run is to do, and what is in its folder."""
