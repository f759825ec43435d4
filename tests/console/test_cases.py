"""Cases in a browser: opened, changed, closed; and a second person's approval."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
from browsing import Reader, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import Page, expect

NASTY = "<img src=y onerror=alert(2)>"


def _open_case(page: Page, reference: str = "File 7") -> None:
    page.get_by_role("link", name="New case").click()
    page.get_by_label("Purpose").select_option("Missing person")
    page.get_by_label("Legal basis").fill(f"Order 12 of the court {NASTY}")
    page.get_by_label("Reference").fill(reference)


def test_an_investigator_opens_a_case_changes_it_and_closes_it(
    keep: KeepProcess, member: Callable[..., Reader]
) -> None:
    ida = member("investigator", name="Ida")
    page = ida.page
    page.on("dialog", lambda asked: asked.accept())
    expect(page).to_have_url(f"{ida.origin}/console/cases")
    expect(page.get_by_text("You are in no open case")).to_be_visible()
    ida.check()
    _open_case(page, f"File 7 {NASTY}")
    ida.check()
    keep_screenshot(page, "case-new")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"File 7 {NASTY}")
    expect(page.get_by_text(f"Order 12 of the court {NASTY}")).to_be_visible()
    ida.check()
    page.get_by_text("Change its end or its limit").click()
    page.get_by_label("Searches a day").fill("5")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("0 of 5 a day")).to_be_visible()
    page.get_by_label("Add somebody, by member id").fill("mem_nobody")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("no member's of your organization")
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("This case is over")).to_be_visible()
    expect(page.get_by_role("button", name="Close the case")).to_have_count(0)
    ida.check()
    page.get_by_role("link", name="Cases").first.click()
    page.get_by_role("link", name="Closed 1").click()
    expect(page.get_by_role("link", name=f"File 7 {NASTY}")).to_be_visible()
    ida.check()


def test_a_second_person_decides_a_request_that_nobody_decides_for_themselves(
    keep: KeepProcess, member: Callable[..., Reader]
) -> None:
    with keep.client() as client:
        policy = {"approval_required": True}
        made = client.post("/v1/collections", json={"name": f"Held back {NASTY}", "policy": policy})
        assert made.status_code == 201, made.text
    rita, ida = member("reviewer", name=f"Rita {NASTY}"), member("admin", "investigator", name="Ida")
    page = ida.page
    _open_case(page, "File 8")
    page.get_by_role("checkbox", name=f"Rita {NASTY}").check()
    ida.check()
    page.get_by_role("button", name="Open the case").click()
    people = page.get_by_role("region", name="People").get_by_role("listitem")
    expect(people.filter(has_text=f"Rita {NASTY}")).to_be_visible()
    page.get_by_role("region", name="Approvals").get_by_label("Reason").fill(f"The family asks {NASTY}")
    page.get_by_role("button", name="Ask").click()
    asked = page.get_by_role("region", name="Approvals").get_by_role("row", name="Held back")
    expect(asked).to_contain_text("waiting")
    ida.check()
    ida.go("/console/approvals")
    expect(page.get_by_text("You asked for this; somebody else decides.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    other = rita.go("/console/cases")
    expect(other.get_by_role("link", name="New case")).to_have_count(0)
    other.get_by_role("link", name="Approvals").click()
    expect(other.get_by_text(f"The family asks {NASTY}")).to_be_visible()
    rita.check()
    keep_screenshot(other, "approvals")
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("Nothing is waiting.")).to_be_visible()
    rita.check()
    other.get_by_role("link", name="Cases").first.click()
    keep_screenshot(other, "cases")
    other.get_by_role("link", name="File 8").click()
    expect(other.get_by_role("region", name="Timeline")).to_contain_text("You approved searching Held back")
    expect(other.get_by_role("button", name="Close the case")).to_have_count(0)
    rita.check()


def test_a_case_is_not_there_for_who_is_not_in_it(keep: KeepProcess, member: Callable[..., Reader]) -> None:
    with keep.client() as client:
        facts = {"purpose": "Missing person", "legal_basis": "a law", "reference": "Nobody else's"}
        case_id = client.post("/v1/cases", json=facts).json()["case_id"]
    ray, ada = member("reviewer", name="Ray"), member("auditor", name="Ada")
    answer = ray.page.goto(f"{ray.origin}/console/cases/{case_id}")
    assert answer is not None
    assert answer.status == 404
    page = ada.go(f"/console/cases/{case_id}")
    expect(page.get_by_text("You oversee this case")).to_be_visible()
    assert "Nobody else's" not in page.content()
    expect(page.get_by_role("button", name="Close the case")).to_have_count(0)
    ada.check()


def test_who_is_in_a_case_sees_its_leads_and_lets_a_standing_search_begin_and_end(
    keep: KeepProcess, member: Callable[..., Reader], real_faces: Path
) -> None:
    rob = member("reviewer", name="Rob Reviewer")
    with keep.client() as client:
        case_id = _searched_case(client, (real_faces / "people" / "Al_Davis" / "1.jpg").read_bytes())
    page = rob.page
    page.on("dialog", lambda asked: asked.accept())
    rob.go("/console/approvals")
    page.get_by_role("article", name="Standing search").get_by_role("button", name="Let it begin").click()
    expect(page.get_by_text("Nothing is waiting.")).to_be_visible()
    rob.go(f"/console/cases/{case_id}")
    lead = page.get_by_role("region", name="Leads").get_by_role("row").nth(1)
    expect(lead).to_contain_text("waits for the first decision")
    expect(lead).to_contain_text("Family album")
    standing = page.get_by_role("region", name="Standing searches").get_by_role("row").nth(1)
    expect(standing).to_contain_text(f"Until she is found {NASTY}")
    expect(standing).to_contain_text("active")
    rob.check()
    keep_screenshot(page, "case")
    standing.get_by_role("button", name="End").click()
    expect(standing).to_contain_text("ended")
    rob.check()


def _searched_case(client: httpx.Client, photo: bytes) -> str:
    """A case with one lead and one standing search, that every member is in."""
    policy = {"minimum_quality": 0, "score_floor": None}
    collection = client.post("/v1/collections", json={"name": "Family album", "policy": policy}).json()["collection_id"]
    files = [("photo", ("photo", photo))]
    metadata = json.dumps([{"which_face": "largest"}])
    client.post(f"/v1/collections/{collection}/faces", data={"metadata": metadata}, files=files)
    members = [one["member_id"] for one in client.get("/v1/members").json()["items"]]
    facts = {"purpose": "Missing person", "legal_basis": "a law", "reference": "File 9", "members": members}
    case_id: str = client.post("/v1/cases", json=facts).json()["case_id"]
    query = {"collection_ids": [collection], "case_id": case_id}
    found = client.post("/v1/search", data={"query": json.dumps(query)}, files=files)
    assert len(found.json()["candidates"]) == 1, found.text
    query = {"collection_ids": [collection], "reason": f"Until she is found {NASTY}"}
    made = client.post(f"/v1/cases/{case_id}/standing-searches", data={"query": json.dumps(query)}, files=files)
    assert made.status_code == 201, made.text
    return case_id
