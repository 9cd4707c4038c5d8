"""Matching of pictures, beside other methods."""
