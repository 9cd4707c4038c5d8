"""The layers of docs/architecture.md, held by import-linter."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_layers_hold():
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(lint + ["--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout
