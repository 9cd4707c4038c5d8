"""Energy, heat and light: against bounds and peers."""
