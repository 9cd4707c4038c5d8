"""Battery estimate, energy budget and load shedding."""
