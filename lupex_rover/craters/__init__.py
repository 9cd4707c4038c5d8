"""Craters: found in pictures, known again in a catalogue."""
