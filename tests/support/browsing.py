"""People at a browser: real Chromium with an authenticator of its own, and what every page is held against."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from keep_process import KeepProcess
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright

ALL_ROLES = ("admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer")
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_QUIET = (
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


def chromium() -> str:
    """Where Chromium is; the test is skipped, and says so, where there is none."""
    found = os.environ.get("FACEKEEP_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium not present: the console's pages were not tried in a browser")
    return found


@contextmanager
def running_browser(playwright: Playwright) -> Iterator[Browser]:
    """Headless Chromium that speaks to nobody but the keep."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    browser = playwright.chromium.launch(executable_path=chromium(), args=[*_QUIET, *sandbox])
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Reader:
    """One person at one browser. `troubles` collects what no page may do; `devtools` has their authenticator."""

    keep: KeepProcess
    context: BrowserContext
    page: Page
    devtools: CDPSession
    troubles: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.keep.port}"

    def go(self, path: str) -> Page:
        """Open a page of the console, which must be one."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    def join(self, invitation: str) -> Page:
        """Accept an invitation by the one-time link, with a new passkey."""
        page = self.go(f"/console/join#{invitation}")
        page.get_by_role("button", name="Make a passkey and join").click()
        page.wait_for_url(f"{self.origin}/console/**")
        page.wait_for_selector("header.top")
        return page

    def sign_in(self) -> Page:
        """With the passkey of this browser."""
        page = self.go("/console/sign-in")
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_selector("header.top")
        return page

    def sign_out(self) -> Page:
        self.page.locator(".menu summary").click()
        self.page.get_by_role("button", name="Sign out").click()
        self.page.wait_for_url(f"{self.origin}/console/sign-in")
        return self.page

    def check(self) -> None:
        """The page that is open has no fault that axe-core knows, and did nothing that its policy forbids."""
        found = Axe().run(self.page).response["violations"]
        told = [f"{one['id']}: {one['help']} {[node['html'][:200] for node in one['nodes']]}" for one in found]
        assert not told, "\n".join(told)
        assert self.page.evaluate("window.violations") == []
        assert self.troubles == []


@contextmanager
def reader(browser: Browser, keep: KeepProcess, *, dark: bool = False, phone: bool = False) -> Iterator[Reader]:
    """A browser of somebody's own: cookies, authenticator, width and theme."""
    context = browser.new_context(
        viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        service_workers="block",
    )
    context.set_default_timeout(15_000)
    context.add_init_script(_NOTE_VIOLATIONS)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
    one = Reader(keep, context, page, devtools)
    page.on("pageerror", lambda error: one.troubles.append(f"script failed: {error}"))
    page.on("console", lambda said: _note(one, said.type, said.text))
    page.on("request", lambda asked: _note_stranger(one, asked.url))
    try:
        yield one
    finally:
        context.close()


def _note(one: Reader, kind: str, text: str) -> None:
    if kind == "error" and "Failed to load resource" not in text:  # answers that refuse are tested by what is shown
        one.troubles.append(f"console: {text}")


def _note_stranger(one: Reader, url: str) -> None:
    if not url.startswith((one.origin, "data:", f"blob:{one.origin}")):
        one.troubles.append(f"asked a stranger: {url}")


def invitation(keep: KeepProcess, *roles: str, name: str = "Robin Reader") -> str:
    """A one-time invitation into the keep's first organization."""
    with keep.client() as client:
        answer = client.post("/v1/invitations", json={"name": name, "roles": list(roles or ALL_ROLES)})
        assert answer.status_code == 201, answer.text
        code: str = answer.json()["code"]
        return code


def keep_screenshot(page: Page, name: str) -> None:
    """Pictures of the whole page, in both themes and two widths, in the folder that `make screenshots` names, if any.

    The page is as it was afterwards.
    """
    folder, before = os.environ.get("FACEKEEP_SCREENSHOTS"), page.viewport_size
    if not folder or before is None:
        return
    for width, size in (("wide", WIDE), ("phone", PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.screenshot(path=Path(folder) / f"{name}-{width}-{theme}.png", full_page=True)
    page.set_viewport_size(before)
