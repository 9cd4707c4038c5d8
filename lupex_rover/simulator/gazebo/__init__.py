"""Gazebo Harmonic: worlds made from our maps, and the stand-in's boards over its physics."""
