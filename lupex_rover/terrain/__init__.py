"""Elevation maps, relief, horizon and shadows."""
