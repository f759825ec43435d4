"""The built documentation loads nothing from elsewhere: reading it tells nobody that it is being read."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from findings import run

LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio)\b[^>]*?\bsrc=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?![^>]*rel=[\"']?canonical)[^>]*?\bhref=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|(?:@import\s+|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)",
    re.IGNORECASE,
)


def check(root: Path) -> Iterator[str]:
    """One sentence for every script, style, font or picture that a page of `site/` would fetch from another host."""
    pages = sorted(path for path in (root / "site").rglob("*") if path.suffix in {".html", ".css"})
    if not pages:
        yield "site: nothing is built; run `make docs`"
    for path in pages:
        for match in LOADED.finditer(path.read_text(errors="replace")):
            yield f"{path.relative_to(root)}: loads {match[1] or match[2] or match[3]}"


if __name__ == "__main__":
    sys.exit(run(check, "site: nothing is loaded from elsewhere"))
