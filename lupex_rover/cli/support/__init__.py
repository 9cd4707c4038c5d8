"""What the commands share that is none of one command alone: the top, and what doctor tries."""
