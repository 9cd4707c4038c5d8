"""Simulated cameras, inertial unit and star tracker."""
