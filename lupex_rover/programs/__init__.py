"""Processes with a `main`: flight, cameras, simulator."""
