"""Bags: replay, reading, playing."""
