"""The `lupex` command: one file per sub-command."""
