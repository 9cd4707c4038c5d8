"""Landing fixes on rendered ground, beside other methods."""
