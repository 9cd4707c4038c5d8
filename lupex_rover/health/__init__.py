"""Heartbeats, limits, and safe responses by a table of faults."""
