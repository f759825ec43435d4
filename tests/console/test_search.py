import re
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import leads_at_hand
import pytest
from browsing import Reader, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import Page, expect

HTML = "<img src=x onerror=alert(1)>"
Someone = Callable[..., Reader]


@pytest.fixture
def ivy(console_keep: KeepProcess, member: Someone) -> Reader:
    """An investigator; her `name` is found among the members."""
    name = f"Ivy {token_hex(3)}"
    one = member("investigator", name=name)
    with console_keep.client() as client:
        one.member_id = leads_at_hand.member_id(client, name)  # type: ignore[attr-defined]
    return one


def opened(console_keep: KeepProcess, ivy: Reader, real_faces: Path, **facts: str) -> tuple[Page, str]:
    """The page to search on, with a case and a gallery chosen."""
    name = f"{HTML} {token_hex(3)}"
    with console_keep.client() as client:
        leads_at_hand.gallery(client, real_faces, name, **facts)
        case = leads_at_hand.case(client, ivy.member_id, reference=HTML)  # type: ignore[attr-defined]
    page = ivy.go(f"/console/search?case={case}")
    page.get_by_role("checkbox", name=name).check()
    return page, case


def choose(page: Page, photo: Path) -> None:
    page.locator("[data-file]").set_input_files(photo)


def test_from_a_photo_to_a_decision_and_a_reveal(console_keep: KeepProcess, ivy: Reader, real_faces: Path) -> None:
    source = "https://press.example/photos/1?<b>"
    page, case = opened(console_keep, ivy, real_faces, source=source, legal_basis=HTML)
    ivy.check()
    choose(page, real_faces / "people" / leads_at_hand.SOUGHT / "2.jpg")
    expect(page.get_by_role("button", name="Face 1 of 1")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text(re.compile("^(Good|Fair|Poor): quality"))).to_be_visible()
    ivy.check()
    page.get_by_label("When the photo was taken").fill("last year")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("2019-05")
    page.get_by_label("When the photo was taken").fill("2013")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="3 candidates")).to_be_visible()
    detail = page.get_by_role("article")
    expect(detail).to_contain_text("about 10 years")
    expect(detail).to_contain_text("probe 2013, candidate 2003")
    expect(detail.locator("[data-score]")).to_have_text(re.compile(r"^-?\d\.\d\d$"))
    expect(detail.locator("canvas")).to_be_visible()
    assert "%" not in detail.inner_text()
    assert "Sonia Sought" not in page.content()
    detail.get_by_label("Mark eyes, nose and mouth").check()
    expect(detail.locator(".point")).to_have_count(10)
    ivy.check()
    keep_screenshot(page, "candidates")
    detail.get_by_label("Reason to know who this is").fill("to ask the family")
    detail.get_by_role("button", name="Reveal").click()
    expect(detail).to_contain_text("Sonia Sought")
    expect(detail).to_contain_text(HTML)
    link = detail.get_by_role("link", name=source)
    assert link.get_attribute("rel") == "noreferrer noopener"
    ivy.check()
    ivy.go(f"/console/cases/{case}/report")
    expect(page.get_by_text("not identifications", exact=False).first).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^Lead . of 3"))).to_have_count(3)
    expect(page.get_by_text("3 of 3")).to_have_count(1)
    ivy.check()
    keep_screenshot(page, "report")


def test_with_the_keyboard_alone(console_keep: KeepProcess, ivy: Reader, real_faces: Path) -> None:
    ivy.page.on("filechooser", lambda _: None)  # from now on, so that none is missed
    page, case = opened(console_keep, ivy, real_faces, source="javascript:alert(1)")
    keys = page.keyboard
    page.get_by_label("Choose a photo").focus()
    with page.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files(real_faces / "people" / leads_at_hand.SOUGHT / "2.jpg")
    expect(page.get_by_role("button", name="Face 1 of 1")).to_be_visible()
    for _ in range(30):
        keys.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-start]')"):
            break
    keys.press("Enter")
    expect(page.get_by_role("region", name="3 candidates")).to_be_focused()
    keys.press("j")
    expect(page.get_by_role("heading", name="Candidate 2")).to_be_visible()
    keys.press("k")
    expect(page.get_by_role("heading", name="Candidate 1")).to_be_visible()
    zoom = page.get_by_label("Zoom")
    keys.press("+")
    expect(zoom).not_to_have_value("1")
    layers = [page.locator(f"[data-pane={one}] .layer") for one in ("probe", "candidate")]
    assert layers[0].get_attribute("style") == layers[1].get_attribute("style") != None  # noqa: E711
    keys.press("0")
    expect(zoom).to_have_value("1")
    expect(page.get_by_role("group", name="Your word")).to_be_visible()
    keys.press("2")
    expect(page.get_by_label("Reason", exact=True)).to_be_focused()
    expect(page.get_by_role("radio", name="Not the same")).to_be_checked()
    keys.type("the ears, j and k")
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name="Decided")).to_be_visible()
    expect(page.get_by_role("article")).to_contain_text("not the same: the ears, j and k")
    expect(page.get_by_role("heading", name="Candidate 1")).to_be_visible()
    with console_keep.client() as client:
        leads = client.get(f"/v1/cases/{case}/leads").json()["items"]
    assert sorted(one["state"] for one in leads) == ["waiting_for_first", "waiting_for_first", "waiting_for_second"]
    keys.press("r")
    keys.type("to ask")
    keys.press("Enter")
    expect(page.get_by_role("article")).to_contain_text("javascript:alert(1)")
    expect(page.get_by_role("article").get_by_role("link")).to_have_count(0)


def test_a_photo_of_several_a_photo_of_none_and_no_candidate(
    console_keep: KeepProcess, ivy: Reader, real_faces: Path
) -> None:
    with console_keep.client() as client:
        name = token_hex(4)
        policy = {"minimum_quality": 0, "case_required": False}
        assert client.post("/v1/collections", json={"name": name, "policy": policy}).status_code == 201
    page = ivy.go("/console/search")
    keep_screenshot(page, "search-empty")
    page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("Choose a photo, and a face on it, first.")).to_be_visible()
    choose(page, real_faces / "edge" / "same_face_twice.jpg")
    expect(page.get_by_text("2 faces were found.")).to_be_visible()
    page.get_by_role("button", name="Face 2 of 2").click()
    keep_screenshot(page, "search")
    ivy.check()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="No candidate")).to_be_visible()
    expect(page.get_by_text("That is an answer.")).to_be_visible()
    ivy.check()
    choose(page, real_faces / "edge" / "no_face_scene.jpg")
    expect(page.get_by_text("No face was found.")).to_be_visible()
    expect(page.get_by_role("heading", name="No candidate")).to_be_hidden()
    for side, value in (("From the left", 10), ("From the top", 12), ("Width", 60), ("Height", 70)):
        page.get_by_label(side).fill(str(value))
    expect(page.get_by_role("button", name="The box that you drew")).to_have_attribute("aria-pressed", "true")
    ivy.check()
    page.locator("[data-stage]").scroll_into_view_if_needed()
    shown = page.locator("[data-stage]").bounding_box()
    assert shown is not None
    page.mouse.move(shown["x"] + shown["width"] * 0.25, shown["y"] + shown["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(shown["x"] + shown["width"] * 0.75, shown["y"] + shown["height"] * 0.75)
    page.mouse.up()
    assert int(page.get_by_label("Width").input_value()) > 60
    with page.expect_response("**/v1/search") as answered:
        page.get_by_role("button", name="Search", exact=True).click()
    assert abs(answered.value.json()["probe"]["box"]["width"] - int(page.get_by_label("Width").input_value())) <= 1
    expect(page.get_by_role("heading", name="No candidate")).to_be_visible()
    choose(page, real_faces / "edge" / "text_named.jpg")
    expect(page.get_by_role("alert").filter(visible=True)).to_be_visible()
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.get_by_text(re.compile("(No|One) face was found|faces were found"))).to_be_visible(timeout=20_000)
    ivy.check()


def test_a_photo_that_was_turned_is_outlined_where_it_shows_the_face(ivy: Reader, real_faces: Path) -> None:
    page = ivy.go("/console/search")
    choose(page, real_faces / "edge" / "rotated_90_no_exif.jpg")
    expect(page.get_by_text("was turned clockwise by")).to_be_visible()
    expect(page.get_by_role("button", name="Face 1 of 1")).to_be_visible()
    choose(page, real_faces / "edge" / "photo.heic")
    expect(page.get_by_text("This browser cannot show this kind of photo.")).to_be_visible()
    expect(page.get_by_role("button", name="Face 1 of 1")).to_be_visible()


def test_who_does_not_search_finds_no_way_there(member: Someone) -> None:
    carla = member("custodian", name="Carla")
    expect(carla.page.get_by_role("navigation").get_by_role("link", name="Search")).to_have_count(0)
    for path in ("/console/search", "/console/review"):
        answer = carla.page.goto(carla.origin + path)
        assert answer is not None
        assert answer.status == 403
