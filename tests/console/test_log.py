"""Entries that are proved in the page that shows them; whatever is tampered with on the way is called wrong."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

from browsing import PHONE, Reader, keep_screenshot
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keep_process import KeepProcess
from playwright.sync_api import Page, Route, expect

from facekeep.ledger.cosignature import COSIGNATURE, cosign
from facekeep.ledger.note import verifier_key
from facekeep_sdk import verify_export

HERE = "/console/log"


def summary(page: Page):
    return page.locator("[data-summary]")


def published(page: Page) -> None:
    """The newest entries are in the next checkpoint: look again until it is there."""
    expect(summary(page)).to_be_visible()
    expect(page.locator("[data-proof]").last).to_have_text("in the log")


def flipped(base64: str) -> str:
    return b64encode(bytes([b64decode(base64)[0] ^ 1]) + b64decode(base64)[1:]).decode()


def changing(page: Page, pattern: str, change: Callable[[dict], None]) -> None:
    """Answers to `pattern` come changed, as by somebody on the way."""

    def handle(route: Route) -> None:
        answer = route.fetch(headers={**route.request.headers, "sec-fetch-site": "same-origin"})
        body = answer.json()
        if answer.ok:
            change(body)
        route.fulfill(response=answer, body=json.dumps(body))

    page.route(pattern, handle)


def test_each_entry_is_proved_in_the_page_and_the_export_verifies(
    keep: KeepProcess, member: Callable[..., Reader], tmp_path: Path
) -> None:
    robin = member("auditor", name="<img src=x onerror=alert(1)>")
    page = robin.go(HERE)
    published(page)
    expect(page.locator("[data-signature]")).to_have_text("signed")
    expect(summary(page)).to_contain_text("in the log")
    expect(page.locator("tbody tr").first).to_contain_text("<img src=x onerror=alert(1)>")
    robin.check()
    keep_screenshot(page, "log")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    robin.check()

    page.get_by_role("button", name="Export and check the texts").click()
    expect(page.get_by_text("and none is missing.")).to_be_visible()
    expect(page.locator("[data-proof]").last).to_have_text("in the log, text too")
    expect(page.locator("[data-texts]")).to_have_text("in the log, text too")
    robin.check()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the file").click()
    saved.value.save_as(tmp_path / "log.jsonl")
    with keep.client() as client:
        key = client.get("/v1/log/checkpoint").json()["verifier_key"]
    assert verify_export(tmp_path / "log.jsonl", key).acts["log.export"] >= 1


def test_a_proof_that_was_tampered_with_is_called_wrong(member: Callable[..., Reader]) -> None:
    robin = member("privacy_officer", name="Pat Officer")
    changing(robin.page, "**/v1/log/proof?entry=0&*", lambda told: told.update(leaf_hash=flipped(told["leaf_hash"])))
    page = robin.go(f"{HERE}?to=2")
    expect(page.locator('[data-entry="0"] [data-proof]')).to_have_text("wrong")
    expect(page.locator('[data-entry="1"] [data-proof]')).to_have_text("in the log")
    expect(summary(page)).to_contain_text("2 in the log, 1 wrong")
    robin.check()
    keep_screenshot(page, "log-wrong")


def test_a_checkpoint_that_is_not_signed_by_the_log_is_called_wrong(member: Callable[..., Reader]) -> None:
    robin = member("auditor", name="Al Auditor")

    def another_root(told: dict) -> None:
        lines = told["note"].split("\n")
        lines[2] = flipped(lines[2])
        told["note"] = "\n".join(lines)

    changing(robin.page, "**/v1/log/checkpoint", another_root)
    page = robin.go(f"{HERE}?to=2")
    expect(page.locator("[data-signature]")).to_have_text("wrong")
    expect(page.locator("[data-proof]")).to_have_text(["wrong", "wrong", "wrong"])
    expect(summary(page)).to_contain_text("signature of the checkpoint")


def test_a_text_that_is_not_the_leafs_and_a_leaf_that_is_not_the_logs_are_called_wrong(
    member: Callable[..., Reader],
) -> None:
    robin = member("auditor", name="Ann Auditor")
    page = robin.page

    def other_outcome(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("&#34;done&#34;", "&#34;forged&#34;"))

    page.route(f"**{HERE}?to=5", other_outcome)
    robin.go(f"{HERE}?to=5")
    page.get_by_role("button", name="Export and check the texts").click()
    expect(page.locator("[data-texts]")).to_have_text("text differs")
    expect(page.get_by_text("text differs").first).to_be_visible()
    expect(page.get_by_text("and none is missing.")).to_be_hidden()

    page.unroute_all()
    changing(page, "**/v1/log/export?*", lambda told: told["entries"][1].update(leaf=told["entries"][0]["leaf"]))
    robin.go(f"{HERE}?to=5")
    page.get_by_role("button", name="Export and check the texts").click()
    expect(page.locator("[data-export]").get_by_role("alert")).to_contain_text("not where the log claims it is")
    expect(page.get_by_role("link", name="Save the file")).to_be_hidden()


def test_entries_are_filtered_and_paged(keep: KeepProcess, member: Callable[..., Reader]) -> None:
    with keep.client() as client:
        case = client.post("/v1/cases", json={"purpose": "Family tracing", "legal_basis": "<b>An act</b>"}).json()
        for _ in range(55):
            client.get("/v1/rules")
        client.get(f"/v1/cases/{case['case_id']}")
    robin = member("auditor", name="Fay Auditor")
    page = robin.go(HERE)
    expect(page.locator("tbody tr")).to_have_count(40)
    newest = int(page.locator("tbody tr").first.get_attribute("data-entry") or 0)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr").first).to_have_attribute("data-entry", str(newest - 40))
    page.get_by_role("link", name="Newest").click()
    page.wait_for_url("**/console/log?to=&**")

    page.get_by_label("Act").fill("case")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**act=case**")
    acts = page.locator("tbody tr td:nth-of-type(3) code").all_inner_texts()
    assert acts
    assert all(one.startswith("case.") for one in acts)
    page.get_by_label("Act").fill("case.show")
    page.get_by_label("Member").select_option("Test member")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr").first).to_contain_text("Test member")
    expect(page.locator("tbody tr").filter(has_text="Family tracing, <b>An act</b>")).to_have_count(1)
    robin.check()
    page.get_by_label("To day").fill("2020-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("None of these entries is as asked for.")).to_be_visible()
    expect(page.get_by_text("others were not looked at")).to_be_visible()
    robin.check()


def test_who_does_not_read_the_log_does_not_see_the_place(member: Callable[..., Reader]) -> None:
    robin = member("investigator", name="Ina Investigator")
    expect(robin.page.get_by_role("link", name="Log")).to_have_count(0)
    answer = robin.page.goto(f"{robin.origin}{HERE}")
    assert answer is not None
    assert answer.status == 403


def test_the_page_reads_cosignatures_as_witnesses_make_them(member: Callable[..., Reader]) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    witness = verifier_key(name="witness.example", public_key=public, kind=COSIGNATURE)
    text = f"log.example\n7\n{b64encode(bytes(32)).decode()}\n"
    note = f"{text}\n" + cosign(text, key=witness, time_s=1_800_000_000, sign=private.sign)
    page = member("auditor", name="Wim Auditor").go("/console/log?to=0")
    asked = "([note, key]) => import('/console/static/ledger.js').then((all) => all.cosignedAt(note, key))"
    told = f"{asked}.catch((error) => error.message)"
    assert page.evaluate(asked, [note, witness.text]) == 1_800_000_000
    assert page.evaluate(told, [note.replace("\n7\n", "\n8\n"), witness.text]) == "a cosignature does not verify"
    other = verifier_key(name="other.example", public_key=public, kind=COSIGNATURE)
    assert page.evaluate(asked, [note, other.text]) == 0
