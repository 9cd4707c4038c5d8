"""Bags: any of ROS 2 read and written, ours recorded, played at their pace."""
