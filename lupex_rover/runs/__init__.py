"""Flights on a host, campaigns, replays, and the processes they start."""
