"""The landing filter, and when the lander has touched down."""
