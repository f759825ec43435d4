"""Every link in the documents leads somewhere, and every file, test or folder that they name exists.

Looks at the Markdown files at the root and under `docs/`: links to files and headings, and code spans that look like a
path of this repository (`tests/attacks/test_x.py`, also with `::test_name`). Addresses on the web are not followed.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from findings import run

FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
OURS = re.compile(r"^(?:src|tests|tools|docs|requirements|bench|\.ci)/[\w./-]*(?:::\w+)?$")


def documents(root: Path) -> list[Path]:
    """Markdown files that people are meant to read."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def anchors(text: str) -> set[str]:
    """The fragments that headings of `text` can be reached by."""
    return {slug(heading) for heading in HEADING.findall(FENCE.sub("", text))}


def slug(heading: str) -> str:
    """A heading as it appears behind the `#` of an address."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain.strip().lower()))


def broken_links(path: Path, text: str) -> Iterator[str]:
    """Targets of links that are not there."""
    for match in LINK.finditer(CODE.sub("", text)):
        target, _, fragment = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = path if not target else path.parent / target
        if target.startswith("/") or not file.exists():
            yield f"link to {target}, which is not there"
        elif fragment and file.suffix == ".md" and fragment not in anchors(file.read_text()):
            yield f"link to #{fragment} of {file.name}, which has no such heading"


def missing_paths(root: Path, text: str) -> Iterator[str]:
    """Paths of this repository that `text` names in code spans and that do not exist."""
    for span in CODE.findall(text):
        if not OURS.match(span):
            continue
        name, _, test = span.partition("::")
        file = root / name
        if not file.exists():
            yield f"names `{name}`, which is not there"
        elif test and not re.search(rf"^\s*def {test}\(", file.read_text(), re.MULTILINE):
            yield f"names `{span}`, and that file has no such test"


def check(root: Path) -> Iterator[str]:
    """One sentence for everything in the documents under `root` that leads nowhere."""
    for path in documents(root):
        text = FENCE.sub("", path.read_text())
        for problem in [*broken_links(path, text), *missing_paths(root, text)]:
            yield f"{path.relative_to(root)}: {problem}"


if __name__ == "__main__":
    sys.exit(run(check, "documents: every link, file and test they name is there"))
