"""The drill: sequence, bore control, fault diagnosis and recovery, from telemetry alone."""
