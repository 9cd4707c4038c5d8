"""A phase of the mission from outside: the rover looks at the ground round it from three places."""
