"""Science: payload slots and the water assay."""
