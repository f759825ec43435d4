"""Members, invitations, keys, rules and use: by a person at a browser."""

import re
from collections.abc import Callable

import httpx
import pytest
from browsing import Reader, invitation, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import Page, expect

SCRIPT = "<img src=x onerror=alert(1)>"
HERE = "/console/organization"


def row(page: Page, name: str):
    return page.locator("li").filter(has=page.locator("strong", has_text=re.compile(f"^{re.escape(name)}$")))


def test_an_admin_invites_by_a_link_that_is_shown_once_and_works(
    keep: KeepProcess, member: Callable[..., Reader], somebody: Callable[..., Reader]
) -> None:
    robin = member("admin", name="Robin Admin")
    robin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = robin.go(HERE)
    page.get_by_text("Invite somebody").click()
    asking = page.locator("form[data-once]")
    asking.get_by_label("Name").fill(SCRIPT)
    asking.get_by_label("reviewer").check()
    robin.check()
    asking.get_by_role("button", name="Make a one-time link").click()
    shown = page.locator("[data-secret]")
    expect(shown).to_contain_text(f"{robin.origin}/console/join#")
    link = shown.inner_text()
    robin.check()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_role("link", name="I have kept it").click()
    expect(row(page, SCRIPT)).to_contain_text("reviewer")
    assert link.partition("#")[2] not in page.content() + page.url
    robin.check()
    somebody().join(link.partition("#")[2])
    robin.go(HERE)
    expect(page.get_by_text("Nobody is invited now.")).to_be_visible()


def test_an_invitation_is_withdrawn(keep: KeepProcess, member: Callable[..., Reader]) -> None:
    invitation(keep, "auditor", name="Ivy Invited")
    page = member("admin", name="Wanda Withdraws").go(HERE)
    page.get_by_role("button", name="Withdraw Ivy Invited").click()
    expect(row(page, "Ivy Invited")).to_have_count(0)


def test_an_admin_changes_roles_stops_lets_go_on_and_removes(
    keep: KeepProcess, member: Callable[..., Reader]
) -> None:
    name = f"Sam {SCRIPT}"
    sam, robin = member("investigator", name=name), member("admin", name="Ruth Admin")
    page = robin.go(HERE)
    row(page, name).get_by_text("Change").click()
    row(page, name).get_by_label("reviewer").check()
    robin.check()
    row(page, name).get_by_role("button", name="Set roles").click()
    expect(row(page, name).locator(".whose")).to_contain_text("reviewer")
    assert "sign-in" in sam.page.goto(f"{sam.origin}/console/status").url  # type: ignore[union-attr]  their session ended

    page.on("dialog", lambda dialog: dialog.accept())
    row(page, name).get_by_text("Change").click()
    row(page, name).get_by_role("button", name="Stop at once").click()
    stopped = page.get_by_role("region", name="Stopped")
    expect(stopped).to_contain_text(name)
    row(page, name).get_by_text("Change").click()
    robin.check()
    keep_screenshot(page, "organization")
    stopped.get_by_role("button", name="May go on").click()
    expect(stopped).to_contain_text("1 of 2")
    other = member("privacy_officer", name="Olga Officer")
    other.go(HERE).get_by_role("button", name="May go on").click()
    expect(other.page.get_by_role("region", name="Stopped")).to_have_count(0)

    page.reload()
    row(page, name).get_by_text("Change").click()
    row(page, name).get_by_role("button", name="Remove").click()
    expect(row(page, name)).to_have_count(0)


def test_a_program_gets_a_key_that_is_shown_once_works_and_is_revoked(
    keep: KeepProcess, member: Callable[..., Reader]
) -> None:
    robin = member("admin", name="Kim Admin")
    page = robin.go(HERE)
    page.get_by_text("Add a program").click()
    adding = page.locator("form", has=page.get_by_label("Name of the program"))
    adding.get_by_label("Name of the program").fill("Night import")
    adding.get_by_label("custodian").check()
    adding.get_by_role("button", name="Add").click()
    expect(row(page, "Night import")).to_contain_text("program")

    page.get_by_role("link", name="API keys").click()
    page.get_by_label("Whose").select_option("Night import")
    page.get_by_label("Name", exact=False).and_(page.locator("#name")).fill(SCRIPT)
    page.get_by_label("Good until").fill("2099-01-01")
    robin.check()
    keep_screenshot(page, "organization-keys")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("[data-secret]").inner_text()
    assert key.startswith("fk_")
    robin.check()
    with keep.client(headers={"Authorization": f"Bearer {key}"}) as client:
        assert client.get("/v1/me").json()["roles"] == ["custodian"]
    page.get_by_role("link", name="I have kept it").click()
    expect(row(page, SCRIPT)).to_contain_text("Night import")
    expect(row(page, SCRIPT)).to_contain_text("2099-01-01")
    assert key not in page.content() + page.url
    page.on("dialog", lambda dialog: dialog.accept())
    row(page, SCRIPT).get_by_role("button", name="Revoke").click()
    expect(row(page, SCRIPT)).to_have_count(0)
    assert httpx.get(f"{keep.base_url}/v1/me", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_an_admin_sets_rules_and_sees_use_against_them(keep: KeepProcess, member: Callable[..., Reader]) -> None:
    with keep.client() as client:
        made = client.post("/v1/collections", json={"name": SCRIPT})
        assert made.status_code == 201
    robin = member("admin", name="Lee Admin")
    page = robin.go(f"{HERE}/rules")
    robin.check()
    keep_screenshot(page, "organization-rules")
    page.get_by_label("Purposes, one a line").fill(f"Family tracing\n\n{SCRIPT}")
    page.get_by_label("Searches a day in all").fill("77")
    page.get_by_label(SCRIPT).check()
    page.get_by_role("button", name="Set the rules").click()
    expect(page.locator("section", has=page.get_by_role("heading", name="What a case may be for"))).to_contain_text(
        SCRIPT
    )
    robin.check()
    with keep.client() as client:
        rules = client.get("/v1/rules").json()
        client.put("/v1/rules", json={})
    assert rules["purposes"] == ["Family tracing", SCRIPT]
    assert (rules["searches_a_day"], rules["approval_collections"]) == (77, [made.json()["collection_id"]])
    page.get_by_role("link", name="Use", exact=True).click()
    expect(page.get_by_role("heading", name="The last 30 days")).to_be_visible()
    keep_screenshot(page, "organization-use")
    robin.check()


def test_what_a_rule_cannot_be_is_said_where_it_stands(member: Callable[..., Reader]) -> None:
    robin = member("admin", name="Max Admin")
    page = robin.go(f"{HERE}/rules")
    page.get_by_label("Purposes, one a line").fill("x" * 201)
    page.get_by_role("button", name="Set the rules").click()
    expect(page.get_by_role("alert")).to_contain_text("purposes")


@pytest.mark.parametrize(
    ("role", "sees"),
    [("investigator", ["API keys", "Rules"]), ("auditor", ["Members", "API keys", "Rules", "Use"])],
)
def test_who_may_not_change_anything_sees_no_buttons(
    member: Callable[..., Reader], role: str, sees: list[str]
) -> None:
    robin = member(role, name=f"Only {role}")
    page = robin.go(HERE)
    assert page.get_by_role("navigation", name="Organization").get_by_role("link").all_inner_texts() == sees
    robin.check()
    for path in (HERE, f"{HERE}/rules"):
        expect(robin.go(path).locator("main form")).to_have_count(0)
    page = robin.go(f"{HERE}/keys")
    expect(page.get_by_label("Whose").locator("option")).to_have_text([f"Only {role}"])
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    robin.check()
    refused = page.request.post(
        f"{robin.origin}{HERE}/programs", form={"name": "x", "roles": "admin"}, headers={"Origin": robin.origin}
    )
    assert refused.status == 403
