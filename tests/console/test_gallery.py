import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from browsing import Reader, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import Page, expect

from facekeep.vault.signals.coverage import limit_of
from facekeep.web.console.gallery import page_size

HTML = "<img src=x onerror=alert(1)>"


def new_collection(client: httpx.Client, name: str, **policy: object) -> str:
    answer = client.post("/v1/collections", json={"name": name, "policy": {"minimum_quality": 0, **policy}})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["collection_id"]
    return made


def enroll(client: httpx.Client, collection: str, photo: Path, **facts: str) -> str:
    answer = client.post(
        f"/v1/collections/{collection}/faces",
        data={"metadata": json.dumps([{"which_face": "largest", **facts}])},
        files={"photo": photo.read_bytes()},
    )
    assert answer.status_code == 200, answer.text
    person: str = answer.json()["photos"][0]["faces"][0]["person_id"]
    return person


_FORGET = """(address) => fetch(address, { method: "POST", headers: { "X-Facekeep-Console": "1" } })
  .then((answer) => answer.status)"""
_LOADED = """Promise.all([...document.querySelectorAll("img.face")].map(async (one) => {
  one.loading = "eager";
  if (!one.complete) await new Promise((done) => { one.onload = one.onerror = done; });
  return one.naturalWidth > 0;
}))"""


def loaded_pictures(page: Page) -> int:
    """How many pictures of faces the page shows, once all have come."""
    return sum(page.evaluate(_LOADED))


@pytest.mark.parametrize("faces", [1_000, 1_050, 2_450, 2_800, 100_000])
def test_three_pages_never_use_up_what_one_member_may_read(faces: int) -> None:
    assert 1 <= page_size(faces) <= limit_of(faces, 0.01) // 3


def test_a_custodian_makes_a_collection_with_a_policy(member: Callable[..., Reader]) -> None:
    carla = member("custodian", name="Carla Custodian")
    page = carla.go("/console/gallery")
    carla.check()
    page.get_by_label("Name").fill(HTML)
    page.get_by_label("a case, and a second person's approval").check()
    page.get_by_label("Keep whole photos").check()
    page.get_by_label("Least quality of a face").fill("101")
    page.get_by_role("button", name="Create the collection").click()
    expect(page.get_by_role("alert")).to_contain_text("minimum_quality")
    page.get_by_label("Least quality of a face").fill("40")
    page.get_by_role("button", name="Create the collection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HTML)
    for fact in ("in a case, with a second person's approval", "kept, encrypted", "40 of 100", "hidden until revealed"):
        expect(page.get_by_role("main")).to_contain_text(fact)
    carla.check()
    carla.go("/console/gallery")
    expect(page.get_by_role("link", name=HTML)).to_be_visible()
    carla.check()
    keep_screenshot(page, "gallery")


@pytest.fixture(scope="module")
def peopled(keep: KeepProcess, real_faces: Path) -> tuple[str, str]:
    """A collection in which candidates are hidden, and a person of it with two faces."""
    people, shown = real_faces / "people", {"person_name": HTML, "source": HTML, "legal_basis": "consent of 2026-02-01"}
    with keep.client() as client:
        collection = new_collection(client, "Missing since 2024")
        person = enroll(client, collection, people / "Aaron_Peirsol" / "1.jpg", **shown, retain_until="2020")
        enroll(client, collection, people / "Aaron_Peirsol" / "2.jpg", person_id=person, license="CC0")
        for name in ("Abdullah", "Ai_Sugiyama", "Al_Davis"):
            enroll(client, collection, people / name / "1.jpg", person_name=name.replace("_", " "))
    return collection, person


def test_persons_stand_beside_their_photos_and_forgetting_gives_a_receipt(
    member: Callable[..., Reader], peopled: tuple[str, str]
) -> None:
    collection, person = peopled
    carla = member("custodian", name="Carla Custodian")
    page = carla.go(f"/console/gallery/{collection}")
    assert loaded_pictures(page) == 0  # nobody's record is opened unasked
    page.get_by_role("link", name="Show persons").click()
    expect(page.get_by_role("link", name="Ai Sugiyama")).to_be_visible()
    assert loaded_pictures(page) == 4
    carla.check()
    keep_screenshot(page, "collection")
    page.get_by_role("link", name="Show faces").click()
    expect(page.get_by_text("consent of 2026-02-01")).to_be_visible()
    assert loaded_pictures(page) == 5
    carla.check()

    carla.go(f"/console/persons/{person}")
    expect(page.get_by_role("heading", level=1)).to_have_text(HTML)
    expect(page.get_by_text("past")).to_have_count(1)
    assert loaded_pictures(page) == 2
    carla.check()
    keep_screenshot(page, "person")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget this face").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt of forgetting")
    expect(page.get_by_role("main")).to_contain_text("Faces that are gone1")
    carla.check()
    page.get_by_role("link", name="Back to the person").click()
    page.get_by_role("button", name="Forget the person").click()
    expect(page.get_by_text("The person was forgotten with every face.")).to_be_visible()
    keep_screenshot(page, "receipt")
    answer = page.goto(f"{carla.origin}/console/persons/{person}")
    assert answer is not None
    assert answer.status == 404


def test_a_collection_is_forgotten_by_its_name_and_a_passkey(
    keep: KeepProcess, member: Callable[..., Reader], real_faces: Path
) -> None:
    with keep.client() as client:
        collection = new_collection(client, "To be gone")
        enroll(client, collection, real_faces / "people" / "Al_Davis" / "1.jpg")
    petra = member("privacy_officer", name="Petra Privacy")
    page = petra.go(f"/console/gallery/{collection}")
    expect(page.get_by_role("link", name="Add photos")).to_have_count(0)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.get_by_label("Name of the collection, to confirm").fill("Something else")
    page.get_by_role("button", name="Forget the collection").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was forgotten")
    assert asked == []
    page.get_by_label("Name of the collection, to confirm").fill("To be gone")
    page.get_by_role("button", name="Forget the collection").click()
    expect(page.get_by_text("The collection was forgotten with everything in it.")).to_be_visible()
    assert len(asked) == 1
    petra.check()
    page.get_by_role("link", name="Back to the gallery").click()
    expect(page.get_by_role("link", name="To be gone")).to_have_count(0)


def test_where_nobody_is_hidden_investigators_see_persons_and_forget_nobody(
    keep: KeepProcess, member: Callable[..., Reader], real_faces: Path
) -> None:
    with keep.client() as client:
        collection = new_collection(client, "Open archive", evaluation=True)
        enroll(client, collection, real_faces / "people" / "Al_Davis" / "1.jpg", person_name="Al Davis")
        enroll(client, collection, real_faces / "groups" / "stairs_15.jpg", which_face="all")
    page = member("investigator", name="Ivan Investigator").go(f"/console/gallery/{collection}?show=persons")
    expect(page.get_by_role("listitem")).to_have_count(8)
    page.get_by_role("link", name="More").click()
    expect(page.get_by_role("link", name="Without a name").first).to_be_visible()
    expect(page.get_by_role("link", name="Al Davis")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text("counts: whoever reads")).to_have_count(0)
    page.get_by_role("link", name="Al Davis").click()
    assert loaded_pictures(page) == 1
    expect(page.get_by_role("button", name="Forget")).to_have_count(0)


def test_who_may_not_see_persons_sees_the_policy_alone(member: Callable[..., Reader], peopled: tuple[str, str]) -> None:
    collection, person = peopled
    ivan = member("investigator", name="Ivan Investigator")
    page = ivan.go(f"/console/gallery/{collection}")
    expect(page.get_by_text("stays hidden from your roles")).to_be_visible()
    expect(page.get_by_role("button", name="Forget the collection")).to_have_count(0)
    expect(page.get_by_role("link", name="Add photos")).to_have_count(0)
    ivan.check()
    for path in (f"/console/gallery/{collection}/add", f"/console/gallery/{collection}?show=persons"):
        answer = page.goto(ivan.origin + path)
        assert answer is not None
        assert answer.status == 403
    ivan.check()
    ivan.go("/console/gallery")
    assert page.evaluate(_FORGET, f"/console/persons/{person}/forget") == 403
    expect(page.get_by_role("heading", name="New collection")).to_have_count(0)
