"""Terrain-relative landing: vision fixes on the orbital map, the filter they feed, the safe target."""
