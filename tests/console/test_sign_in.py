from collections.abc import Callable

import pytest
from browsing import Reader, invitation
from keep_process import KeepProcess
from playwright.sync_api import expect


def test_a_person_joins_by_a_one_time_link_signs_out_and_in_again_with_a_passkey(
    keep: KeepProcess, somebody: Callable[..., Reader]
) -> None:
    robin, code = somebody(), invitation(keep)
    page = robin.go(f"/console/join#{code}")
    expect(page.get_by_text("you are invited to")).to_be_visible()
    assert code not in page.url
    robin.check()
    page.get_by_role("button", name="Make a passkey and join").click()
    expect(page.get_by_role("navigation", name="Places")).to_be_visible()
    robin.check()
    robin.sign_out()
    robin.check()
    robin.sign_in()
    expect(page.get_by_role("navigation", name="Places")).to_be_visible()


def test_a_link_works_once(keep: KeepProcess, somebody: Callable[..., Reader]) -> None:
    code = invitation(keep)
    somebody().join(code)
    page = somebody().go(f"/console/join#{code}")
    expect(page.get_by_role("alert")).to_contain_text("Nothing valid was given")


@pytest.mark.parametrize("path", ["/console", "/console/status", "/console/nothing/there"])
def test_nobody_sees_anything_before_signing_in(somebody: Callable[..., Reader], path: str) -> None:
    page = somebody().go(path)
    assert "/console/sign-in" in page.url
    assert "Test organization" not in page.content()


def test_after_signing_in_people_are_where_they_wanted_to_be(member: Callable[..., Reader]) -> None:
    robin = member()
    robin.sign_out()
    page = robin.go("/console/status")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/console/status")
    expect(page.get_by_role("heading", name="Status", level=1)).to_be_visible()


def test_a_page_that_is_not_there_says_so(member: Callable[..., Reader]) -> None:
    robin = member()
    answer = robin.page.goto(f"{robin.origin}/console/nothing")
    assert answer is not None
    assert answer.status == 404
    expect(robin.page.get_by_role("heading", level=1)).to_have_text("Not found")
    robin.check()
