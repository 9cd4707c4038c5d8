"""What a worker is given in tests; a process of its own imports it."""

import os
from pathlib import Path


def work(item):
    if item == "die":
        os._exit(9)
    if item == "fail":
        raise ValueError("a wheel")
    return item, len(sockets())


def sockets():
    """Listening TCP sockets of this process."""
    mine = {os.readlink(p) for p in Path("/proc/self/fd").iterdir() if p.exists()}
    found = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/self/net/{name}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and f"socket:[{parts[9]}]" in mine:
                found.append(parts[1])
    return found
