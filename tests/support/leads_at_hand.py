"""A case with people in it and a small gallery of real faces, over the API of a running keep."""

import json
from pathlib import Path
from secrets import token_hex

import httpx

SOUGHT = "Ai_Sugiyama"
NAMES = ("Sonia Sought", "Sonia Sought-Smith", "Sonia Sought Jr")


def gallery(client: httpx.Client, faces: Path, name: str = "", **facts: str) -> str:
    """A collection in which one face is enrolled under three names, so that a search for it shows three candidates."""
    answer = client.post("/v1/collections", json={"name": name or token_hex(4), "policy": {"minimum_quality": 0}})
    assert answer.status_code == 201, answer.text
    collection: str = answer.json()["collection_id"]
    known = [{"which_face": "largest", "person_name": one, "captured_at": "2003", **facts} for one in NAMES]
    photos = [("photo", (faces / "people" / SOUGHT / f"{number}.jpg").read_bytes()) for number in (1, 3, 4)]
    path = f"/v1/collections/{collection}/faces"
    enrolled = client.post(path, data={"metadata": json.dumps(known)}, files=photos)
    assert enrolled.status_code == 200, enrolled.text
    assert all(one["faces"] for one in enrolled.json()["photos"]), enrolled.text
    return collection


def case(client: httpx.Client, *members: str, reference: str = "") -> str:
    """An open case with these members in it."""
    facts = {"purpose": "Testing and training", "legal_basis": "a test", "reference": reference}
    answer = client.post("/v1/cases", json={**facts, "members": list(members)})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["case_id"]
    return made


def member_id(client: httpx.Client, name: str) -> str:
    """The member of that name."""
    found = [one["member_id"] for one in client.get("/v1/members").json()["items"] if one["name"] == name]
    assert len(found) == 1, found
    return str(found[0])
