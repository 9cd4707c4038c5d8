"""Measurements of the software, beside its peers; `./lupex bench NAME` runs them."""
