"""The whole way through a live keep with real photos: enroll, list, search, verify, forget, and the log of it."""

import json
from io import BytesIO

import pytest
from PIL import Image

_ALONE = (
    "Aaron_Peirsol", "Abdullah", "Ahmed_Chalabi", "Ahmet_Necdet_Sezer", "Ai_Sugiyama", "Aitor_Gonzalez",
    "Akhmed_Zakayev", "Al_Davis", "Al_Pacino", "Alan_Greenspan",
)  # fmt: skip


@pytest.fixture(scope="session")
def people(real_faces):
    """Folders of ten people with two photos each that show nobody else."""
    return [real_faces / "people" / name for name in _ALONE]


def searched(client, photo: bytes, *collections: str, **options):
    query = {"collection_ids": collections, **options}
    return client.post("/v1/search", data={"query": json.dumps(query)}, files={"photo": ("p", photo)})


def known(folder, **facts):
    return {"person_name": folder.name, "photo_name": folder.name, **facts}


def enrolled_faces(answer):
    assert answer.status_code == 200, answer.text
    return [face for photo in answer.json()["photos"] for face in photo["faces"]]


def test_one_bad_photo_never_stops_the_others(new_collection, enroll, people, real_faces):
    photos = [(folder / "1.jpg", known(folder)) for folder in people]
    bad = [
        (real_faces / "groups" / "two_people.jpg", {"photo_name": "two"}),
        (real_faces / "groups" / "cf_017_0.jpg", {"photo_name": "none"}),
        (b"not a photo", {"photo_name": "text"}),
        (b"", {"photo_name": "empty"}),
        (b"\xff\xd8" + b"x" * 20_000_001, {"photo_name": "large"}),
    ]
    answer = enroll(new_collection(), *bad, *photos)
    refused = {one["photo_name"]: one["refused"] for one in answer.json()["photos"]}
    codes = {name: refusal and refusal["code"] for name, refusal in refused.items()}
    assert codes == {
        "two": "several_faces", "none": "no_face", "text": "photo_unsupported", "empty": "photo_empty",
        "large": "photo_too_large", **{folder.name: None for folder in people},
    }  # fmt: skip
    assert len(refused["two"]["faces"]) == 2
    assert len(enrolled_faces(answer)) == len(people)
    assert isinstance(answer.json()["entry"], int)


def test_what_was_enrolled_is_listed_shown_and_found_with_its_provenance(client, new_collection, enroll, people):
    collection = new_collection(keep_photos=True)
    facts = {"source": "archive 7", "license": "CC0", "legal_basis": "consent", "captured_at": "2019-05",
             "retain_until": "2031-01-01"}  # fmt: skip
    faces = enrolled_faces(enroll(collection, *[(folder / "1.jpg", known(folder, **facts)) for folder in people]))
    listed = client.get(f"/v1/collections/{collection}/faces", params={"limit": 4}).json()
    rest = client.get(f"/v1/collections/{collection}/faces", params={"cursor": listed["next_cursor"]}).json()
    assert listed["items"] + rest["items"] == faces
    assert client.get(f"/v1/faces/{faces[0]['face_id']}").json() == faces[0]
    assert facts.items() <= faces[0].items()
    names = [one["name"] for one in client.get(f"/v1/collections/{collection}/persons").json()["items"]]
    assert names == [folder.name for folder in people]
    shown = client.get(f"/v1/collections/{collection}").json()
    assert (shown["faces"], shown["persons"]) == (len(people), len(people))

    answer = searched(client, (people[0] / "2.jpg").read_bytes(), collection)
    best = answer.json()["candidates"][0]
    assert (best["person_name"], best["source"], best["captured_at"]) == (people[0].name, "archive 7", "2019-05")
    assert best["meaning"]
    assert answer.json()["gallery"] == len(people)
    assert answer.json()["checkpoint"]["note"].startswith("facekeep/")


def test_pictures_come_back_without_their_metadata_and_photos_only_where_kept(
    client, new_collection, enroll, people, real_faces
):
    with_gps = next((real_faces / "edge").glob("*gps*"))
    for keep_photos in (True, False):
        collection = new_collection(keep_photos=keep_photos, minimum_quality=0)
        (face,) = enrolled_faces(enroll(collection, (with_gps, {"which_face": "largest"})))
        crop = client.get(f"/v1/faces/{face['face_id']}/crop")
        photo = client.get(f"/v1/faces/{face['face_id']}/photo")
        assert face["has_photo"] is keep_photos
        assert photo.status_code == (200 if keep_photos else 404)
        for picture in (crop, photo) if keep_photos else (crop,):
            assert picture.headers["content-type"] == "image/jpeg"
            assert picture.headers["cache-control"] == "no-store"
            with Image.open(BytesIO(picture.content)) as image:
                assert not image.getexif()
                assert max(image.size) <= 256 or picture is photo


def test_the_same_key_enrolls_once_and_another_request_under_it_is_refused(client, new_collection, enroll, people):
    collection = new_collection()
    first, second = ((folder / "1.jpg", known(folder)) for folder in people[:2])
    headers = {"Idempotency-Key": "enroll-once"}
    once, again = (enroll(collection, first, headers=headers) for _ in range(2))
    assert again.json() == {**once.json(), "entry": None}
    assert enroll(collection, second, headers=headers).json()["code"] == "idempotency_mismatch"
    assert client.get(f"/v1/collections/{collection}").json()["faces"] == 1


def test_the_same_key_creates_once(client, new_collection):
    body = {"name": "made once"}
    made = [client.post("/v1/collections", json=body, headers={"Idempotency-Key": "c"}).json() for _ in range(2)]
    assert made[0] == made[1]
    assert client.post("/v1/collections", json=body).json()["code"] == "conflict"
    path = f"/v1/collections/{made[0]['collection_id']}/persons"
    persons = [client.post(path, json={"name": "Ada"}, headers={"Idempotency-Key": "p"}).json() for _ in range(2)]
    assert persons[0] == persons[1]
    assert len(client.get(path).json()["items"]) == 1


def test_several_faces_ask_for_a_choice_and_take_it(client, new_collection, enroll, real_faces):
    collection, group = new_collection(), real_faces / "groups" / "two_people.jpg"
    faces = enrolled_faces(enroll(collection, (group, {"which_face": "all"})))
    assert len(faces) == 2
    answer = searched(client, group.read_bytes(), collection)
    assert (answer.status_code, answer.json()["code"], len(answer.json()["faces"])) == (422, "several_faces", 2)
    for index, box in enumerate(one["box"] for one in answer.json()["faces"]):
        chosen = searched(client, group.read_bytes(), collection, face_index=index).json()
        assert (chosen["probe"]["face_index"], chosen["candidates"][0]["face_id"]) == (index, faces[index]["face_id"])
        drawn = searched(client, group.read_bytes(), collection, box=box).json()
        assert drawn["candidates"][0]["face_id"] == faces[index]["face_id"]
    assert searched(client, group.read_bytes(), collection, face_index=2).json()["code"] == "invalid_request"


def test_all_faces_of_a_photo_cannot_be_one_person(new_collection, enroll, real_faces):
    group = real_faces / "groups" / "two_people.jpg"
    answer = enroll(new_collection(), (group, {"which_face": "all", "person_name": "Ada"}))
    assert answer.json()["photos"][0]["refused"]["code"] == "several_faces"
    assert answer.json()["entry"] is None


def test_a_search_by_an_enrolled_face_leaves_it_out(client, new_collection, enroll, people):
    collection = new_collection()
    one, two = (enrolled_faces(enroll(collection, (people[0] / f"{n}.jpg", {})))[0]["face_id"] for n in (1, 2))
    answer = client.post(f"/v1/faces/{one}/search", json={"collection_ids": [collection]})
    assert [found["face_id"] for found in answer.json()["candidates"]] == [two]


def test_verify_compares_photos_persons_and_faces(client, new_collection, enroll, people):
    (face,) = enrolled_faces(enroll(new_collection(), (people[0] / "1.jpg", known(people[0]))))
    same, other = (people[0] / "2.jpg").read_bytes(), (people[1] / "1.jpg").read_bytes()

    def score(photo: bytes, **target) -> float:
        parts = {"first": ("p", photo)} | ({"second": ("p", target.pop("second"))} if "second" in target else {})
        answer = client.post("/v1/verify", data={"query": json.dumps(target)}, files=parts)
        assert answer.status_code == 200, answer.text
        return answer.json()["score"]

    enrolled_photo = (people[0] / "1.jpg").read_bytes()
    for target in ({"person_id": face["person_id"]}, {"face_id": face["face_id"]}, {"second": enrolled_photo}):
        assert score(same, **target) > 0.4 > score(other, **target)
    query, photos = json.dumps({"face_id": face["face_id"]}), {"first": ("p", b"a"), "second": ("p", b"b")}
    both = client.post("/v1/verify", data={"query": query}, files=photos)
    assert both.json()["code"] == "invalid_request"


def test_forgotten_is_forgotten_for_everybody(client, new_collection, enroll, people):
    collection = new_collection()
    faces = enrolled_faces(enroll(collection, *[(folder / "1.jpg", known(folder)) for folder in people[:4]]))
    probe = (people[0] / "2.jpg").read_bytes()
    assert searched(client, probe, collection).json()["candidates"][0]["face_id"] == faces[0]["face_id"]
    receipt = client.delete(f"/v1/faces/{faces[0]['face_id']}").json()
    assert (receipt["forgotten"], receipt["backup_horizon_hours"]) == (1, 24)
    assert client.get(f"/v1/faces/{faces[0]['face_id']}").status_code == 404
    assert faces[0]["face_id"] not in searched(client, probe, collection).text
    assert client.delete(f"/v1/persons/{faces[1]['person_id']}").json()["forgotten"] == 1
    assert client.delete(f"/v1/collections/{collection}").json()["forgotten"] == 2
    gone = (f"collections/{collection}", f"faces/{faces[2]['face_id']}", f"persons/{faces[3]['person_id']}")
    assert [client.get(f"/v1/{path}").status_code for path in gone] == [404, 404, 404]
    entry = client.get(f"/v1/log/entries?start={receipt['entry']}&limit=1").json()["entries"][0]
    assert (entry["entry"], entry["act"]) == (receipt["entry"], "faces.forgotten")


def test_low_quality_is_refused_with_advice(new_collection, enroll, real_faces):
    small = next((real_faces / "edge").glob("*tiny*"), None) or next((real_faces / "edge").glob("*blur*"))
    refused = enroll(new_collection(minimum_quality=90), (small, {})).json()["photos"][0]["refused"]
    assert refused["code"] in ("low_quality", "no_face")
    assert len(refused["detail"]) > 20


def test_wrong_metadata_is_refused_before_any_work(client, new_collection, enroll, people):
    collection, photo = new_collection(), people[0] / "1.jpg"
    for wrong in ({"captured_at": "yesterday"}, {"person_name": "x" * 201}, {"unknown": 1}, {"which_face": "any"},
                  {"box": {"left": 0, "top": 0, "width": -1, "height": 5}}, {"person_id": "../x"}):  # fmt: skip
        answer = enroll(collection, (photo, wrong))
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), wrong
    many = enroll(collection, *[(photo, {})] * 17)
    assert (many.status_code, many.json()["code"]) == (400, "invalid_request")
    nobody = enroll(collection, (photo, {"person_id": "per_nobody"}))
    assert nobody.json()["code"] == "not_found"
    assert client.get(f"/v1/collections/{collection}").json()["faces"] == 0
