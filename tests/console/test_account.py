"""One's own account in a browser: passkeys added and revoked, sessions ended elsewhere."""

from collections.abc import Callable

from browsing import Reader, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import expect

NASTY = "<img src=x onerror=alert(1)>"


def _another_authenticator(reader: Reader) -> None:
    """A security key beside the device's own."""
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    reader.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_person_adds_a_passkey_and_revokes_it(member: Callable[..., Reader]) -> None:
    robin = member(name=f"Robin {NASTY}")
    page = robin.page
    page.on("dialog", lambda asked: asked.accept())
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Robin {NASTY}")
    expect(page.get_by_text("Nowhere else.")).to_be_visible()
    robin.check()
    page.get_by_role("button", name="Revoke My device").click()
    expect(page.get_by_role("row", name="My device").get_by_role("alert")).to_contain_text("the last way to sign in")
    page.get_by_label("Name of the device").fill(NASTY)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[data-add-passkey] .trouble")).to_contain_text("holds a passkey of yours already")
    robin.check()
    _another_authenticator(robin)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name=f"Revoke {NASTY}").click()
    expect(page.get_by_role("button", name=f"Revoke {NASTY}")).to_have_count(0)
    robin.check()


def test_a_person_signs_out_everywhere_else(keep: KeepProcess, member: Callable[..., Reader]) -> None:
    robin = member()
    cookies = robin.context.cookies()
    robin.context.clear_cookies()
    page = robin.sign_in()
    page.on("dialog", lambda asked: asked.accept())
    page = robin.go("/console/account")
    keep_screenshot(page, "account")
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_text("Nowhere else.")).to_be_visible()
    robin.check()
    robin.context.clear_cookies()
    robin.context.add_cookies(cookies)
    page = robin.go("/console/account")
    assert "/console/sign-in" in page.url
