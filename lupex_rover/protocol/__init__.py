"""The serial ICD: bytes to messages and back, the same code on both ends of the wire."""
