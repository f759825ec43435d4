"""Every kind of photo over HTTP: the outcome that is expected of it, nothing half-done, and the next request works."""

import csv
import json
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from gallery import Gallery
from PIL import Image
from refusals import entries, newest, refused

pytestmark = pytest.mark.timeout(300)

_REFUSALS = {
    "photo_empty", "photo_too_large", "photo_too_many_pixels", "photo_unsupported", "photo_damaged", "photo_too_hard",
}  # fmt: skip
_SIDE_PX = 110


@pytest.fixture(scope="module")
def crowd(real_faces: Path) -> bytes:
    """300 faces of 300 people on one photo."""
    people = sorted((real_faces / "people").iterdir())
    photo = Image.new("RGB", (20 * _SIDE_PX, 15 * _SIDE_PX))
    for place, person in enumerate(people[:300]):
        with Image.open(person / "1.jpg") as image:
            face = image.convert("RGB").resize((250, 250)).crop((40, 40, 210, 210)).resize((_SIDE_PX, _SIDE_PX))
        photo.paste(face, (place % 20 * _SIDE_PX, place // 20 * _SIDE_PX))
    file = BytesIO()
    photo.save(file, "JPEG", quality=95)
    return file.getvalue()


def _expected(real_faces: Path) -> list[tuple[Path, str]]:
    with (real_faces / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["subset"] == "edge"]
    return [(real_faces / row["path"], row["note"].split(";")[0].removeprefix("expect=")) for row in rows]


def _is_as_expected(photo: dict[str, object], expected: str) -> bool:
    problem = photo["refused"]
    code = problem["code"] if isinstance(problem, dict) else ""
    if code in _REFUSALS:
        return expected.startswith("reject") or (expected == "accept-or-415" and code == "photo_unsupported")
    if expected in ("accept-no-face", "reject-or-accept-no-face"):
        return code == "no_face"
    return code in ("", "no_face") if expected == "accept-low-quality" else code == "" and expected != "reject"


def test_every_edge_photo_is_enrolled_or_refused_as_expected_and_the_next_request_works(
    real_faces: Path, new_gallery: Callable[..., Gallery], portraits: Sequence[bytes]
) -> None:
    gallery = new_gallery()
    good = gallery.client.post("/v1/detect", files={"photo": portraits[0]}).json()
    wrong, files = [], _expected(real_faces)
    assert len(files) > 60
    for path, expected in files:
        answer = gallery.enroll(path.read_bytes(), photo_name=path.name)
        assert answer.status_code == 200, f"{path.name}: {answer.text}"
        (photo,) = answer.json()["photos"]
        if not _is_as_expected(photo, expected):
            wrong.append((path.name, expected, photo["refused"]))
        if photo["refused"] is not None:
            assert photo["faces"] == []
            assert photo["refused"]["detail"]
        if expected.startswith("reject"):
            assert gallery.client.post("/v1/detect", files={"photo": portraits[0]}).json() == good, path.name
    assert not wrong
    listed = gallery.list().json()["items"]
    assert {face["face_id"] for face in listed} == set(gallery.faces)


@pytest.mark.parametrize("name", ["bomb_header_30000.png", "bomb_full_20000.png", "bomb_screen.gif", "truncated.png"])
def test_a_search_with_a_hostile_photo_is_refused_with_its_reason(
    name: str, real_faces: Path, new_gallery: Callable[..., Gallery], portraits: Sequence[bytes]
) -> None:
    gallery = new_gallery()
    gallery.enroll(portraits[0])
    refused(gallery.search((real_faces / "edge" / name).read_bytes()), *_REFUSALS)
    gallery.check_whole()


def test_a_photo_without_a_face_cannot_be_searched_for(real_faces: Path, new_gallery: Callable[..., Gallery]) -> None:
    gallery = new_gallery()
    photo = (real_faces / "edge" / "no_face_scene.jpg").read_bytes()
    refused(gallery.search(photo), "no_face")
    assert gallery.client.post("/v1/detect", files={"photo": photo}).json()["faces"] == []


def test_three_hundred_faces_on_one_photo(
    crowd: bytes, new_gallery: Callable[..., Gallery], portraits: Sequence[bytes]
) -> None:
    """The largest 256 are taken, none of them half, and the answer says so; for a search one of them must be chosen."""
    gallery = new_gallery()
    (taken,) = gallery.enroll(crowd, which_face="all").json()["photos"]
    assert len(taken["faces"]) == 256
    assert "only the 256 largest were taken" in " ".join(taken["advice"])
    listed = gallery.list().json()["items"]
    assert {face["face_id"] for face in listed} == set(gallery.faces)
    assert gallery.search(portraits[0]).json()["gallery"] == 256
    problem = refused(gallery.search(crowd), "several_faces")
    assert len(problem["faces"]) == 256  # type: ignore[arg-type]


def test_forms_and_bodies_of_the_wrong_kind_are_refused_in_words(
    new_gallery: Callable[..., Gallery], portraits: Sequence[bytes]
) -> None:
    gallery = new_gallery()
    client, path = gallery.client, f"/v1/collections/{gallery.collection_id}/faces"
    refused(client.post(path, content=portraits[0], headers={"content-type": "image/jpeg"}), "invalid_request")
    refused(client.post(path, json={"photo": "x"}), "invalid_request")
    refused(client.post("/v1/search", content=b"", headers={"content-type": "text/plain"}), "invalid_request")
    refused(client.post("/v1/search", files={"photo": portraits[0]}), "invalid_request")
    large = client.post(path, files={"photo": bytes(65_000_000)}, data={"metadata": "[{}]"})
    refused(large, "request_too_large")
    assert gallery.list().json()["items"] == []


def test_collections_faces_and_keys_that_are_not_there_are_refused_and_what_was_asked_is_logged(
    new_gallery: Callable[..., Gallery], portraits: Sequence[bytes]
) -> None:
    gallery = new_gallery()
    start = newest(gallery.client)
    missing = "col_aaaaaaaaaaaaaaaaaaaaaaaaaa"
    query = json.dumps({"collection_ids": [missing]})
    refused(gallery.client.post("/v1/search", files={"photo": portraits[0]}, data={"query": query}), "not_found")
    refused(gallery.client.get(f"/v1/collections/{missing}"), "not_found")
    refused(gallery.client.delete("/v1/faces/fac_aaaaaaaaaaaaaaaaaaaaaaaaaa"), "not_found")
    told = [(entry["act"], entry["outcome"]) for entry in entries(gallery.client, start + 1)]
    for act in ("collection.show", "face.forget"):
        assert (act, "asked") in told
        assert (act, "not_found") in told
    stranger = gallery.client.get("/v1/collections", headers={"authorization": "Bearer fk_wrong_key"})
    refused(stranger, "unauthenticated")
