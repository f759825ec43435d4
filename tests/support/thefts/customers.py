"""A customer of the stage: an organization with keys for several people, and a gallery of real photos."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from facekeep.service import organizations
from facekeep.service.drill.planting import word

if TYPE_CHECKING:
    from thefts.stage import Stage

_ROLES = {
    "investigator": ["investigator"],
    "custodian": ["custodian"],
    "auditor": ["auditor"],
    "clerk": ["admin"],
    "officer": ["privacy_officer"],
}


def id_of(api_key: str) -> str:
    """The name of a key, by which the log and listings know it."""
    return api_key.removeprefix("fk_")[:10]


@dataclass
class Customer:
    """`keys` are by who holds them; `boss` is of the first admin, who has every role.

    `texts` are what was planted, by field and record.
    """

    stage: "Stage"
    organization_id: str
    name: str
    keys: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    key_ids: set[str] = field(default_factory=set)
    collection: str = ""
    faces: list[str] = field(default_factory=list)
    galleries: dict[str, str] = field(default_factory=dict)
    many: list[str] = field(default_factory=list)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def founded(cls, stage: "Stage", name: str, photos: Sequence[Path]) -> "Customer":
        """A new organization with a member for every role, and a gallery of these photos."""
        whole = f"{name} {word()}"
        added = organizations.add_organization(stage.keep.settings, name=whole, admin=word(), is_program=True)
        one = cls(stage, added.organization_id, whole)
        one.know("boss", added.api_key)
        for who, roles in _ROLES.items():
            one.hire(who, roles)
        one.collection = one.new_collection("gallery")
        one.faces = one.enroll(one.collection, [path.read_bytes() for path in photos])
        return one

    def know(self, who: str, api_key: str) -> None:
        self.keys[who] = api_key
        self.key_ids.add(id_of(api_key))

    def hire(self, who: str, roles: Sequence[str]) -> str:
        """A new member with these roles; the key."""
        name = word()
        made = self.ask("boss", "POST", "/v1/members", json={"name": name, "roles": list(roles)}).json()
        self.members[who] = made["member_id"]
        self.texts["members", made["member_id"]] = name
        key = self.ask("boss", "POST", "/v1/api-keys", json={"member_id": made["member_id"], "name": who}).json()
        self.know(who, key["api_key"])
        return self.keys[who]

    def new_collection(self, name: str, **policy: Any) -> str:
        usual = {"case_required": False, "minimum_quality": 0, "keep_photos": True}
        body = {"name": name, "policy": usual | policy}
        return str(self.ask("boss", "POST", "/v1/collections", json=body).json()["collection_id"])

    def enroll(self, collection: str, photos: Sequence[bytes]) -> list[str]:
        """Photos of one person each; the ids of the faces. Names and sources are words that nothing else contains."""
        known = [{"person_name": word(), "source": word(), "which_face": "largest"} for _ in photos]
        answer = self.ask(
            "boss", "POST", f"/v1/collections/{collection}/faces", data={"metadata": json.dumps(known)},
            files=[("photo", ("a.jpg", photo)) for photo in photos],
        ).json()  # fmt: skip
        rows = [face for photo in answer["photos"] for face in photo["faces"]]
        assert len(rows) == len(photos), answer
        for row, told in zip(rows, known, strict=True):
            self.texts["name", row["person_id"]] = told["person_name"]
            self.texts["provenance", row["face_id"]] = told["source"]
        return [row["face_id"] for row in rows]

    def client(self, credential: str) -> httpx.Client:
        """Somebody's client."""
        return self.stage.keep.client(headers={"Authorization": f"Bearer {credential}"})

    def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        """One request of somebody honest, which is answered."""
        with self.client(self.keys[who]) as client:
            answer = client.request(method, path, **more)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer
