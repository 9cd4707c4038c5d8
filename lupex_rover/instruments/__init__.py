"""Payload instruments: what one is made of, and the registry that they join."""
