"""The host side of every board: bytes to messages and commands to bytes, confirmed."""
