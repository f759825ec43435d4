"""One's own account in a browser: passkeys added and revoked, sessions ended elsewhere."""

import time
from base64 import b32decode
from collections.abc import Callable, Iterator

import pytest
from browsing import Reader, invitation, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import expect

from facekeep.vault.identity import totp

NASTY = "<img src=x onerror=alert(1)>"


def _another_authenticator(reader: Reader) -> None:
    """A security key beside the device's own."""
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    reader.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.fixture
def passwords_allowed(keep: KeepProcess) -> Iterator[None]:
    """For as long as a test lasts."""
    with keep.client() as client:
        client.put("/v1/rules", json={"password_sign_in": True}).raise_for_status()
        yield
        client.put("/v1/rules", json={}).raise_for_status()


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


@pytest.mark.usefixtures("passwords_allowed")
def test_a_person_without_a_passkey_proves_to_be_there_and_changes_the_password(
    keep: KeepProcess, somebody: Callable[..., Reader]
) -> None:
    robin = somebody()
    page, step = robin.go(f"/console/join#{invitation(keep)}"), int(time.time() // totp.STEP_SECONDS)
    page.get_by_text("Use a password and a code instead").click()
    secret = b32decode(page.locator("[data-fill=totp]").inner_text().replace(" ", ""))
    page.get_by_label("New password").fill("correct horse battery staple")
    page.get_by_label("Code that the app shows now").fill(totp.code_at(secret, step - 1))
    page.get_by_role("button", name="Join", exact=True).click()
    page.wait_for_selector("header.top")
    robin.go("/console/account")
    expect(page.get_by_text("You have none.")).to_be_visible()
    robin.check()
    proof = page.get_by_role("region", name="Prove that you are here")
    proof.get_by_label("Password").fill("correct horse battery staple")
    proof.get_by_label("Code from your authenticator app").fill(totp.code_at(secret, step))
    with page.expect_navigation():
        page.get_by_role("button", name="Prove it").click()
    page.get_by_label("New password").fill("another horse, another staple")
    with page.expect_navigation():
        page.get_by_role("button", name="Change the password").click()
    robin.check()
