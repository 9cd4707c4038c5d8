"""The simulated place: ground, soil, ice, light."""
