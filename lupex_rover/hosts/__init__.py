"""Hosts run components: on ROS 2, in one process with the simulator, or from a bag."""
