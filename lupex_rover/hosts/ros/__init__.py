"""The ROS 2 host: components as lifecycle nodes, the simulator and the recorder as processes."""
