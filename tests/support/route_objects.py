"""Objects of one organization, for tests that try every route on something that is there."""

import json
from typing import Any

from customers import ROLES, Customer


class Objects:
    """One organization's objects; what a request destroyed is made again."""

    def __init__(self, ours: Customer) -> None:
        self._ours = ours
        self.key = ours.made("/v1/api-keys", json={"member_id": self.program(), "name": "k"})["key_id"]
        self.collection = ours.collection(keep_photos=True)
        self.case = self.fresh_case()
        self.face = ours.face(self.collection)
        self.sought = ours.collection(case_required=True)
        ours.face(self.sought, photo="sought")
        self.everybody = [ours.member_of(role) for role in ROLES]
        self.lead = self.fresh_lead()

    def program(self) -> str:
        return str(self._ours.made("/v1/members", json={"name": "program", "roles": ["auditor"]})["member_id"])

    def frozen(self) -> str:
        member_id = self.program()
        self._ours.made("/v1/members/freeze", json={"member_id": member_id})
        return member_id

    def invitation(self) -> str:
        return str(self._ours.made("/v1/invitations", json={"name": "x", "roles": ["auditor"]})["invitation_id"])

    def fresh_key(self) -> str:
        return str(self._ours.made("/v1/api-keys", json={"member_id": self.program(), "name": "k"})["key_id"])

    def fresh_case(self) -> str:
        facts = {"purpose": "Testing and training", "legal_basis": "a test"}
        return str(self._ours.made("/v1/cases", json=facts)["case_id"])

    def fresh_lead(self) -> str:
        facts = {"purpose": "Testing and training", "legal_basis": "a test", "members": self.everybody}
        case_id = self._ours.made("/v1/cases", json=facts)["case_id"]
        query = {"data": {"query": json.dumps({"collection_ids": [self.sought], "case_id": case_id})}}
        (found,) = self._ours.made("/v1/search", **query, files=[("photo", ("p", b"sought"))])["candidates"]
        return str(found["lead_id"])

    def approval(self) -> str:
        asked = {"case_id": self.fresh_case(), "collection_id": self.collection}
        return str(self._ours.made("/v1/approvals", json=asked)["approval_id"])

    def standing(self) -> str:
        query = json.dumps({"collection_ids": [self.collection]})
        path = f"/v1/cases/{self.fresh_case()}/standing-searches"
        return str(self._ours.made(path, data={"query": query}, **photo())["standing_id"])

    def webhook(self) -> str:
        return str(self._ours.made("/v1/webhooks", json={"url": "https://alerts.example/1"})["webhook"]["webhook_id"])

    def fresh_collection(self) -> str:
        return self._ours.collection()

    def name_of(self, collection_id: str) -> str:
        return str(self._ours.ask("GET", f"/v1/collections/{collection_id}").json()["name"])

    def fresh_face(self) -> dict[str, Any]:
        return self._ours.face(self.collection)


def photo(name: str = "photo") -> dict[str, Any]:
    return {"files": [(name, ("p", b"some photo"))]}
