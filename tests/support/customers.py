"""An API over a real vault whose faces are drawn, for many organizations with keys of every role."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import httpx
from drawn_faces import drawn_keep
from keep_process import KeepProcess

from facekeep.service import organizations
from facekeep.service.keep import Keep
from facekeep.web.app import create_app

ROLES = ("admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer")
_NUMBERS = count()


@dataclass
class Customer:
    """One organization: the key of its first admin, who has every role, and what was made with it."""

    app: Any
    organization_id: str
    name: str
    api_key: str
    _keys: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, api_key: str | None = None, **body: Any) -> httpx.Response:
        """One request through the door, with the admin's key or another."""
        headers = {"Authorization": f"Bearer {self.api_key if api_key is None else api_key}"}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
                return await client.request(method, path, **body)

        return anyio.run(send)

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        """The answer of a request that creates something."""
        answer = self.ask("POST", path, **body)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    def key_of(self, role: str) -> str:
        """The key of a program with one role."""
        if role not in self._keys:
            program = self.made("/v1/members", json={"name": role, "roles": [role]})
            key = self.made("/v1/api-keys", json={"member_id": program["member_id"], "name": role})
            self._keys[role] = key["api_key"]
        return self._keys[role]

    def collection(self, **policy: Any) -> str:
        """A new collection, searched without a case unless the policy says otherwise; its id."""
        policy = {"case_required": False, **policy}
        name = f"collection {next(_NUMBERS)}"
        return str(self.made("/v1/collections", json={"name": name, "policy": policy})["collection_id"])

    def member_of(self, role: str) -> str:
        """The member that is the program with one role."""
        answer = self.ask("GET", "/v1/me", api_key=self.key_of(role))
        return str(answer.json()["member"]["member_id"])

    def face(self, collection_id: str, name: str = "", photo: str = "") -> dict[str, Any]:
        """A new face of a new person, or of the person of that name."""
        number = next(_NUMBERS)
        known = {"person_name": name or f"person {number}", "photo_name": "p"}
        answer = self.made(
            f"/v1/collections/{collection_id}/faces",
            data={"metadata": json.dumps([known])},
            files=[("photo", ("p", (photo or f"photo {number}").encode()))],
        )
        return dict(answer["photos"][0]["faces"][0])


@dataclass
class Customers:
    """The keep's operator: adds organizations."""

    process: KeepProcess
    keep: Keep
    app: Any

    def add(self, name: str = "") -> Customer:
        """One more organization."""
        name = name or f"Organization {next(_NUMBERS)}"
        added = organizations.add_organization(self.keep.settings, name=name, admin=f"Admin of {name}", is_program=True)
        return Customer(self.app, added.organization_id, name, added.api_key)


@contextmanager
def customers(folder: Path) -> Iterator[Customers]:
    """A running vault with the API over it."""
    process = KeepProcess(folder / "data", folder / "config", vault_only=True)
    process.create()
    try:
        with drawn_keep(process.settings) as keep:
            yield Customers(process, keep, create_app(keep, touched=lambda: None))
    finally:
        process.stop()
