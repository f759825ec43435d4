from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest
from browsing import Reader, keep_screenshot
from keep_process import KeepProcess
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

HTML = "<img src=x onerror=alert(1)>"


@pytest.fixture
def collection(keep: KeepProcess) -> str:
    """A collection of its own for each test, that takes photos of any quality."""
    with keep.client() as client:
        body = {"name": f"Adding {token_hex(4)}", "policy": {"minimum_quality": 0}}
        answer = client.post("/v1/collections", json=body)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["collection_id"]
        return made


@pytest.fixture
def adding(member: Callable[..., Reader], collection: str) -> tuple[Reader, Page]:
    """A custodian on the page for adding."""
    carla = member("custodian", name="Carla Custodian")
    return carla, carla.go(f"/console/gallery/{collection}/add")


def listed(keep: KeepProcess, collection: str) -> list[dict[str, object]]:
    """The faces that are enrolled."""
    with keep.client() as client:
        found: list[dict[str, object]] = client.get(f"/v1/collections/{collection}/faces").json()["items"]
        return found


def photo(path: Path, name: str = "") -> FilePayload:
    """A photo as somebody chooses it."""
    return {"name": name or path.name, "mimeType": "image/jpeg", "buffer": path.read_bytes()}


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def test_photos_are_added_one_by_one_with_what_is_known_of_each(
    keep: KeepProcess, adding: tuple[Reader, Page], collection: str, real_faces: Path
) -> None:
    carla, page = adding
    carla.check()
    page.get_by_label("Photos", exact=True).set_input_files([
        photo(real_faces / "people" / "Al_Davis" / "1.jpg", f"{HTML}.jpg"),
        photo(real_faces / "people" / "Abdullah" / "1.jpg"),
        photo(real_faces / "edge" / "truncated_header.jpg"),
        photo(real_faces / "edge" / "no_face_white.jpg"),
    ])  # fmt: skip
    expect(page.get_by_role("status").first).to_have_text("4 to be sent, 0 left out.")
    page.get_by_label("Legal basis").first.fill("consent")
    own = row(page, HTML)
    own.get_by_text("What is known of this photo").click()
    own.get_by_label("Name of the person").fill(HTML)
    own.get_by_label("Captured at").fill("last summer")
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("alert")).to_contain_text("captured_at is not an ISO 8601 date")
    own.get_by_label("Captured at").fill("2025-07")
    own.get_by_label("Legal basis").fill("court order")
    carla.check()
    keep_screenshot(page, "adding-chosen")
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("status").first).to_contain_text("Finished. 4 of 4: 2 enrolled, 0 sent before, 2 refused")
    expect(own.get_by_role("cell").nth(2)).to_contain_text(HTML)
    expect(row(page, "truncated_header.jpg")).to_contain_text("refused")
    expect(row(page, "no_face_white.jpg")).to_contain_text("no face was found")
    carla.check()
    keep_screenshot(page, "adding")
    facts = {str(one["person_name"]): one for one in listed(keep, collection)}
    assert facts[HTML]["legal_basis"] == "court order"
    assert facts[HTML]["captured_at"] == "2025-07"
    assert facts[""]["legal_basis"] == "consent"
    own.get_by_role("link", name="Open the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HTML)
    expect(page.get_by_text(f"{HTML}.jpg")).to_be_visible()


def test_a_folder_with_a_table_is_added_and_bad_rows_are_named(
    keep: KeepProcess, adding: tuple[Reader, Page], collection: str, real_faces: Path, tmp_path: Path
) -> None:
    carla, page = adding
    folder = tmp_path / "photos"
    for path, source in {
        "a.jpg": "people/Aaron_Peirsol/1.jpg",
        "sub/b, c.jpg": "people/Abdullah/1.jpg",
        "extra.jpg": "people/Al_Davis/1.jpg",
        "late.jpg": "people/Al_Davis/2.jpg",
        "damaged.jpg": "edge/corrupt_middle.jpg",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((real_faces / source).read_bytes())
    table = tmp_path / "provenance.csv"
    table.write_bytes(
        b"\xef\xbb\xbfPath,person,source,legal_basis,captured_at\r\n"
        b'a.jpg,"Peirsol, ""Aaron""",https://example.org/a,consent,2024-05-01\r\n'
        b'"sub\\b, c.jpg",Abdullah,"two\r\nlines",,\r\n'
        b"late.jpg,Al,,,next week\r\n"
        b"gone.jpg,Nobody,,,\r\n"
        b"a.jpg,Twice,,,\r\n"
        b"too,few\r\n"
        b'late.jpg,"Al"Davis,,,\r\n'
        b"\r\n"
        b',<img src=x onerror=alert(1)>,,,\r\n'
        b'damaged.jpg,"Never closed,,,\r\n'
        b"late.jpg,Al Davis,,,2026"
    )
    page.get_by_label("A whole folder").set_input_files(folder)
    page.get_by_label("A table of provenance").set_input_files(table)
    expect(page.get_by_role("status").first).to_have_text("3 to be sent, 9 left out.")
    for line, why in {
        5: "captured_at is not an ISO 8601 date", 6: "no file gone.jpg was chosen", 7: "the same photo as line 2",
        8: "2 values for 5 columns", 9: "text stands after a closing quote", 11: "no path", 12: "never closed",
    }.items():  # fmt: skip
        expect(row(page, f"provenance.csv, line {line}")).to_contain_text(why)
    expect(row(page, "extra.jpg")).to_contain_text("no row of the table names it")
    expect(row(page, "damaged.jpg")).to_contain_text("no row of the table names it")
    carla.check()
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("status").first).to_contain_text("Finished. 12 of 12: 3 enrolled")
    carla.check()
    facts = {str(one["person_name"]): one for one in listed(keep, collection)}
    assert set(facts) == {'Peirsol, "Aaron"', "Abdullah", "Al Davis"}
    assert facts["Abdullah"]["source"] == "two\nlines"
    assert facts["Abdullah"]["photo_name"] == "b, c.jpg"

    page.get_by_label("Only what was refused or left out").check()
    expect(row(page, "a.jpg, ").first).to_be_hidden()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save this list").click()
    assert '"provenance.csv, line 6","","left out","no file gone.jpg was chosen"' in saving.value.path().read_text()


def test_a_table_that_is_no_table_is_refused_whole(adding: tuple[Reader, Page]) -> None:
    carla, page = adding
    wrong = {b"name,photo\r\n": "Unknown: name, photo", b"path\r\n\xff\xfe": "not UTF-8", b"": "path is needed"}
    for content, why in wrong.items():
        page.get_by_label("A table of provenance").set_input_files(
            {"name": "table.csv", "mimeType": "text/csv", "buffer": content}
        )
        expect(page.get_by_role("alert")).to_contain_text(why)
    carla.check()


def test_folders_name_persons_and_a_lost_answer_enrolls_nothing_twice(
    keep: KeepProcess, adding: tuple[Reader, Page], collection: str, real_faces: Path, tmp_path: Path
) -> None:
    carla, page = adding
    for name in ("Aaron_Peirsol", "Abdullah", "Al_Davis"):
        (tmp_path / "people" / name).mkdir(parents=True)
        for photo in ("1.jpg", "2.jpg"):
            content = (real_faces / "people" / name / photo).read_bytes()
            (tmp_path / "people" / name / photo).write_bytes(content)
    page.get_by_label("A whole folder").set_input_files(tmp_path / "people")
    expect(page.get_by_role("status").first).to_have_text("6 to be sent, 0 left out.")
    keys: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()  # it is done, and nobody hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/v1/collections/*/faces", lose_the_first_answer)
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(page.get_by_role("status").first).to_contain_text("Stopped. 0 of 6")
    carla.check()
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("status").first).to_contain_text("Finished. 6 of 6: 2 enrolled, 4 sent before")
    assert keys[0] == keys[1] != keys[2]
    assert sorted(str(one["person_name"]) for one in listed(keep, collection)) == [
        "Aaron Peirsol", "Aaron Peirsol", "Abdullah", "Abdullah", "Al Davis", "Al Davis",
    ]  # fmt: skip


def test_sending_stops_after_what_is_on_its_way_and_goes_on(
    keep: KeepProcess, adding: tuple[Reader, Page], collection: str, real_faces: Path
) -> None:
    carla, page = adding
    people = [real_faces / "people" / name for name in ("Aaron_Peirsol", "Abdullah", "Al_Davis")]
    files = [
        photo(one / f"{number}.jpg", f"{one.name}-{number}.jpg")
        for one in people
        for number in (1, 2)
    ]
    page.get_by_label("Photos", exact=True).set_input_files(files)
    held: list[Route] = []
    page.route("**/v1/collections/*/faces", lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="Add these photos").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status").first).to_contain_text("Stopping after the photos that are on their way.")
    carla.check()
    held[0].continue_()
    expect(page.get_by_role("status").first).to_contain_text("Stopped. 4 of 6: 4 enrolled")
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("status").first).to_contain_text("Finished. 6 of 6: 6 enrolled")
    assert len(listed(keep, collection)) == 6
