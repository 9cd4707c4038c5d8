"""The simulated battery, power system and heat."""
