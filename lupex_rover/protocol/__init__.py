"""The serial ICD: bytes to messages and back, the same code on both ends of the wire.

`frame` cuts a byte stream into packets, `packet` checks and opens one, `layouts` finds what its
payload means, `messages` names the fields.
"""
