import json
import re
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import leads_at_hand
from browsing import Reader, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import expect

HTML = "<img src=x onerror=alert(1)>"


def test_two_people_finish_a_blind_review(
    console_keep: KeepProcess, member: Callable[..., Reader], real_faces: Path
) -> None:
    ivy_name, rita_name = f"Ivy {token_hex(3)}", f"Rita {token_hex(3)}"
    ivy, rita = member("investigator", name=ivy_name), member("reviewer", name=rita_name)
    lead = _lead(console_keep, real_faces, ivy_name, rita_name)
    page = ivy.go("/console/review")
    ivy.check()
    page.get_by_role("link", name="Look at lead 1").click()
    page.get_by_role("radio", name="Same person").check()
    page.get_by_label("Reason", exact=True).fill(f"the scar {HTML}")
    page.get_by_role("button", name="Keep the decision").click()
    expect(page.get_by_role("heading", name="Decided")).to_be_visible()
    expect(page.get_by_role("cell", name=f"the scar {HTML}")).to_be_visible()
    ivy.check()

    hers = rita.go("/console/review")
    expect(hers.get_by_text("waits for a second person")).to_be_visible()
    rita.check()
    keep_screenshot(hers, "review")
    hers.get_by_role("link", name="Look at lead 1").click()
    expect(hers.get_by_role("heading", name="Decide", exact=True)).to_be_visible()
    for hidden in ("the scar", "Score", "Sonia Sought"):
        assert hidden not in hers.get_by_role("main").inner_text()
    hers.wait_for_load_state("networkidle")
    sent = []
    hers.on("request", lambda asked: sent.append(asked.url))
    hers.get_by_label("Photo of the probe").set_input_files(real_faces / "people" / leads_at_hand.SOUGHT / "2.jpg")
    expect(hers.get_by_role("img", name="The probe, from your own file")).to_be_visible()
    assert sent == []
    rita.check()
    keep_screenshot(hers, "lead")
    hers.locator("[data-lead]").focus()
    hers.keyboard.press("1")
    hers.keyboard.type("the same scar")
    hers.keyboard.press("Control+Enter")
    expect(hers.get_by_role("heading", name="Score")).to_be_visible()
    expect(hers.get_by_role("main")).to_contain_text("agreed: same person")
    expect(hers.get_by_role("cell", name=f"the scar {HTML}")).to_be_visible()
    hers.get_by_label("Reason to know who this is").fill("two agree")
    hers.get_by_role("button", name="Reveal").click()
    expect(hers.get_by_role("main")).to_contain_text("Sonia Sought")
    rita.check()
    hers.get_by_role("link", name="What else waits for you").click()
    expect(hers.get_by_text("Nothing waits for you.")).to_be_visible()
    hers.goto(f"{rita.origin}/console/leads/{lead}")
    hers.get_by_role("link", name="Report of the case").click()
    hers.emulate_media(media="print")
    expect(hers.get_by_text("Lead, not identification", exact=True)).to_be_visible()
    expect(hers.get_by_role("button", name="Print")).to_be_hidden()
    hers.emulate_media(media="screen")
    expect(hers.get_by_role("main")).to_contain_text(re.compile(r"round 2.*\n?.*the same scar"))
    rita.check()


def test_a_lead_of_somebody_elses_case_is_not_found(
    console_keep: KeepProcess, member: Callable[..., Reader], real_faces: Path
) -> None:
    name = f"Ivy {token_hex(3)}"
    member("investigator", name=name)
    lead = _lead(console_keep, real_faces, name)
    rob = member("reviewer", name="Rob")
    rob.go("/console/review")
    expect(rob.page.get_by_text("Nothing waits for you.")).to_be_visible()
    answer = rob.page.goto(f"{rob.origin}/console/leads/{lead}")
    assert answer is not None
    assert answer.status == 404


def _lead(keep: KeepProcess, faces: Path, *names: str) -> str:
    """The best lead of a search that a program made, in a case with these people."""
    with keep.client() as client:
        members = [leads_at_hand.member_id(client, one) for one in names]
        query = {
            "collection_ids": [leads_at_hand.gallery(client, faces)],
            "case_id": leads_at_hand.case(client, *members, reference=HTML),
            "top_k": 1,
        }
        photo = (faces / "people" / leads_at_hand.SOUGHT / "2.jpg").read_bytes()
        answer = client.post("/v1/search", data={"query": json.dumps(query)}, files={"photo": photo})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["candidates"][0]["lead_id"])
