"""Flight software for a lunar polar rover, and the simulator it is tested in."""

__version__ = "0.2.0"
