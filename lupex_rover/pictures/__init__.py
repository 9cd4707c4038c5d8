"""One picture of the ground found in another, whatever the light."""
