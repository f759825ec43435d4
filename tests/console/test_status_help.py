"""How the keep is, and the documentation in the page."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

from browsing import Reader, keep_screenshot
from playwright.sync_api import expect

from facekeep.web.console import documents

ROOT = Path(__file__).parents[2]


def test_status_says_what_the_server_may_know(member: Callable[..., Reader]) -> None:
    robin = member("reviewer", name="Rae Reviewer")
    page = robin.go("/console/status")
    for word in ("open", "ready", "SQLite", "folder", "none that the vault knows of"):
        expect(page.get_by_role("definition").filter(has_text=re.compile(f"^{word}$"))).not_to_have_count(0)
    expect(page.get_by_text("This server must not know of decoys")).to_be_visible()
    robin.check()
    keep_screenshot(page, "status")


def test_the_help_is_the_documentation_and_its_links_lead_to_pages_of_the_help(member: Callable[..., Reader]) -> None:
    robin = member("reviewer", name="Hal Reader")
    page = robin.page
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("facekeep")
    robin.check()
    page.get_by_role("article").get_by_role("link", name="The log").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The log")
    robin.check()
    keep_screenshot(page, "help")
    page.get_by_role("link", name="ADR 0007").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("0007")
    robin.go("/console/help/roles")
    robin.check()
    for path in ("/console/help/nothing", "/console/help/../status", "/console/help/adr/..%2f..%2fREADME"):
        answer = page.request.get(robin.origin + path)
        assert answer.status == 404 or answer.url.endswith("/console/status")


def test_every_link_within_the_documentation_leads_to_a_heading_of_the_help() -> None:
    shown = {documents.address(name): documents.document(name) for name in documents.sources()}
    found = 0
    for name, one in shown.items():
        assert one is not None
        assert "style=" not in one.html, name
        for link in re.findall(r'href="([^"]*)"', one.html):
            path, _, part = link.partition("#")
            target = shown[path] if path.startswith("/console") else one if not path else None
            assert target is not None or link.startswith("https://"), (name, link)
            assert not part or target is None or f'id="{part}"' in target.html, (name, link)
            found += 1
    assert found > 100


def test_html_in_a_document_is_text(monkeypatch) -> None:
    text = "# A <b>title</b>\n\n<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://other/p.png)\n"
    monkeypatch.setattr(documents, "sources", lambda: {"evil-page": text})
    shown = documents.document("evil-page")
    assert shown is not None
    assert "<script" not in shown.html
    assert "<b>" not in shown.html
    assert 'href="javascript' not in shown.html
    documents.document.cache_clear()


def test_a_wheel_holds_every_page(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "docs"):
        (source / name).symlink_to(ROOT / name)
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", symlinks=True, ignore=left_out)
    told = subprocess.run(
        [sys.executable, "-c", "import setuptools.build_meta as b; b.build_wheel('..')"],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        for page in (ROOT / "docs").rglob("*.md"):
            name = f"facekeep/web/console/help/{page.relative_to(ROOT / 'docs')}"
            assert wheel.read(name) == page.read_bytes()
