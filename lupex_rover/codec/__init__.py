"""Messages to and from the bytes of their ROS types, without rclpy."""
