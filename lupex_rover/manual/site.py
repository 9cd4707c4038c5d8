"""Builds the site with Sphinx and serves it on loopback."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import Broken, UserError
from lupex_rover.manual import source

SETTINGS: dict[str, Any] = {
    "project": "lupex_rover",
    "html_title": "lupex_rover",
    "extensions": ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon",
                   "sphinx.ext.viewcode"],
    "source_suffix": {".md": "markdown", ".rst": "restructuredtext"},
    "html_theme": "furo",
    "default_role": "literal",
    "highlight_language": "none",
    "myst_heading_anchors": 4,
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "signature",
    "autodoc_preserve_defaults": True,
    "napoleon_google_docstring": False,
    "napoleon_use_rtype": False,
    "napoleon_use_ivar": True,
    "suppress_warnings": ["ref.python"],  # short names in annotations that stand in two modules
    "maximum_signature_line_length": 88,
    "html_show_sourcelink": False,
    "html_copy_source": False,
}  # fmt: skip
FOREIGN = re.compile(
    r"""<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=["'](?:https?:)?//[^"']+|"""
    r"""url\(["']?(?:https?:)?//[^)]+"""
)


def build_folder() -> Path:
    """Where the site is built when no folder is given."""
    base = os.environ.get("LUPEX_SCRATCH") or os.path.join(
        tempfile.gettempdir(), f"lupex-{os.getuid()}"
    )
    return Path(base) / "docs"


def build(docs: Path, out: Path, strict: bool = False) -> list[str]:
    """Build the site of the pages in `docs` into `out`; returns Sphinx's warnings.

    Parameters
    ----------
    strict : bool
        Build all of it anew, so that every warning comes.

    Raises
    ------
    UserError
        The documentation's libraries are missing, or `out` cannot be written.
    Broken
        Sphinx failed.
    """
    try:
        from sphinx.application import Sphinx
        from sphinx.errors import SphinxError
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ImportError as error:
        raise UserError(f"docs: {error.name} is not installed; it comes with development") from None
    work = build_folder()
    if strict:
        source.clear(work / "trees")
        if out.is_relative_to(work):
            source.clear(out)
    source.write(docs, work / "source")
    warnings = io.StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                str(work / "source"), None, str(out), str(work / "trees"), "html",
                confoverrides=SETTINGS, status=None, warning=warnings, freshenv=strict,
            )  # fmt: skip
            app.connect("autodoc-process-docstring", _space_lists, priority=600)
            app.build(force_all=strict)
    except (SphinxError, OSError) as error:
        raise Broken(f"docs: {error}") from None
    return [
        line for line in re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).splitlines() if line
    ]


def _space_lists(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """An empty line after each indented part, which reStructuredText wants between definitions."""
    if lines and lines[0].startswith(f"{name.rsplit('.', 1)[-1]}("):  # made by dataclass
        lines.clear()
    spaced: list[str] = []
    for line in lines:
        if line.strip() and not line[0].isspace() and spaced and spaced[-1][:1].isspace():
            spaced.append("")
        spaced.append(line)
    lines[:] = spaced


def foreign_assets(out: Path) -> list[str]:
    """What pages or style sheets would load from another host."""
    found = []
    for path in sorted(out.rglob("*")):
        if path.suffix in (".html", ".css"):
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(out)}: {m[0]}" for m in FOREIGN.finditer(text)]
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""


def serve(out: Path, port: int, say: Any = print) -> None:
    """Serve `out` on 127.0.0.1 until Ctrl-C; port 0 takes a free one.

    Raises
    ------
    UserError
        The port cannot be had.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(out)))
    except (OSError, OverflowError) as error:
        raise UserError(f"--port {port}: {error}; give another, or 0 for any") from None
    with server:
        say(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends)")
        server.serve_forever()


def complaints(warnings: Sequence[str], foreign: Sequence[str]) -> list[str]:
    """All that a check does not let pass."""
    return [*warnings, *(f"from another host: {line}" for line in foreign)]
