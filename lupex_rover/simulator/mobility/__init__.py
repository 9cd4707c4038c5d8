"""The simulated crawlers on their ground."""
