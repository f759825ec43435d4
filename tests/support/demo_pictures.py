"""Take the pictures of the console that README and documents show: the demo, as its first person would repeat it.

Starts `facekeep demo` on an empty keep, joins by the link that it prints, opens a case and searches with the probe that
it lays out. Needs Chromium. Writes PNG files of few colors into `docs/pictures/`.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browsing import WIDE, chromium
from keep_process import free_port
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """A running demo: its one-time link, and the path of its probe."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"FACEKEEP_DATA": f"{folder}/keep", "FACEKEEP_CONFIG": f"{folder}/config"}
        environment = {**os.environ, **own, "FACEKEEP_PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}
        command = [str(Path(sys.executable).with_name("facekeep")), "demo"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            yield _said(process, r"(http://localhost:\d+/console/join#\S+)"), _said(process, r"search with (\S+)")
        finally:
            process.terminate()
            process.wait(60)


def _said(process: "subprocess.Popen[str]", pattern: str) -> str:
    for line in process.stdout or ():
        if found := re.search(pattern, line):
            return found[1]
    raise SystemExit("the demo ended early")


def take(page: Page, name: str) -> None:
    """One picture, of 128 colors, which is a quarter of the bytes."""
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def by_hand(page: Page, link: str, probe: str) -> None:
    """Join, open a case, search, and look at the case again."""
    page.goto(link)
    page.get_by_role("button", name="Make a passkey and join").click()
    page.wait_for_selector("header.top")
    origin = link.partition("/console")[0]
    page.goto(f"{origin}/console/cases/new")
    page.get_by_label("Purpose").select_option("Testing and training")
    page.get_by_label("Legal basis").fill("freely licensed photographs of public figures")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("heading", name="Leads")).to_be_visible()
    case = page.url.rpartition("/")[2]
    page.goto(f"{origin}/console/gallery")
    take(page, "gallery")
    page.goto(f"{origin}/console/search?case={case}")
    page.get_by_role("checkbox", name="demo").check()
    page.locator("[data-file]").set_input_files(probe)
    page.get_by_label("When the photo was taken").fill("2022")
    expect(page.get_by_text(re.compile("^(Good|Fair|Poor): quality"))).to_be_visible()
    take(page, "search")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("article").scroll_into_view_if_needed()
    page.get_by_role("region", name=re.compile("candidate")).evaluate("one => one.scrollIntoView()")
    page.wait_for_load_state("networkidle")
    take(page, "candidates")
    page.goto(f"{origin}/console/cases/{case}")
    take(page, "case")


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(exist_ok=True)
    with demo() as (link, probe), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[] if os.geteuid() else ["--no-sandbox"])
        context = browser.new_context(viewport=WIDE, color_scheme="light", reduced_motion="reduce")
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        by_hand(page, link, probe)
        browser.close()


if __name__ == "__main__":
    main()
