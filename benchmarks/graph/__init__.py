"""The graph at rest, on ROS."""
