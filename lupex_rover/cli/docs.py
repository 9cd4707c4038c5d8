"""`lupex docs`: the documentation as a site, and its generated pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.core.errors import Broken, UserError

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 40


def docs(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(help="Serve on this port of 127.0.0.1; 0: any.")] = 8000,
    build_only: Annotated[bool, typer.Option(help="Build the site, do not serve it.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the built site.")] = None,
    check: Annotated[
        bool,
        typer.Option(help="Build all anew; warnings, stale pages and foreign assets are errors."),
    ] = False,
    update: Annotated[
        bool, typer.Option(help="Write the generated pages from the code; build nothing.")
    ] = False,
) -> None:
    """Build the documentation and serve it on this machine."""
    from lupex_rover.manual import pages, site

    pages_folder = ROOT / "docs"
    if not (pages_folder / "index.md").is_file():
        raise UserError(f"{pages_folder}: no pages here; run `./lupex docs` in a source checkout")
    group = ctx.find_root().command
    if update:
        for path in pages.update(pages_folder, group):
            print(path.relative_to(ROOT))
        return
    folder = out or site.build_folder() / "html"
    stale = pages.stale(pages_folder, group) if check else []
    warnings = site.build(pages_folder, folder, strict=check)
    wrong = [f"{p.relative_to(ROOT)}: stale; run `./lupex docs --update`" for p in stale]
    wrong += site.complaints(warnings, site.foreign_assets(folder)) if check else []
    for line in (wrong or warnings)[:SHOWN]:
        print(line)
    if wrong:
        raise Broken(f"docs: {len(wrong)} complaints")
    print(folder / "index.html")
    if not (check or build_only):
        site.serve(folder, port)
