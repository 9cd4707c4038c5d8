"""Scenes of a renderer that shares nothing with the first."""
