"""Faults that a scenario asks for: when each begins and ends, and what it does to boards."""
