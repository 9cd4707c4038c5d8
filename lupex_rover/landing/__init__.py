"""Terrain-relative landing: vision fixes on the orbital map, their filter, the safe target."""
