"""Processes with a `main`: flight, cameras, recorder, simulator."""
