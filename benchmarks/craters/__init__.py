"""Craters: finding, identifying, and the training of their classifier."""
