"""Spoilt inputs: files as a disk, a transfer or an editor spoils them."""
