"""Missions with faults: what the rover, its records and its samples are like afterwards."""
