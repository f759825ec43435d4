"""What a thief holds: cells of (customer, field, subject, minute), from the answers that came back.

Written from what docs/incidents.md says the fields mean, not from the table that reports use. The subject is the record
that a row is about: a face, a person, a member, a case; for what is of a customer as a whole, the customer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

Cell = tuple[str, str, str, str]


@dataclass
class Truth:
    """Cells, as a thief's hands fill. `minute` is when something came, as the stage's clock has it."""

    cells: set[Cell] = field(default_factory=set)

    def add(self, customer: str, minute: str, found: Iterator[tuple[str, str]]) -> None:
        self.cells |= {(customer, field_name, subject or customer, minute) for field_name, subject in found}

    @property
    def minutes(self) -> set[tuple[str, str, str]]:
        """Customer, field, minute."""
        return {(customer, name, minute) for customer, name, _, minute in self.cells}

    @property
    def subjects(self) -> set[tuple[str, str, str]]:
        """Customer, field, record; what is of the customer as a whole is of no record."""
        return {(customer, name, subject) for customer, name, subject, _ in self.cells if subject != customer}


def of_http(path: str, answer: httpx.Response, collections: list[str]) -> Iterator[tuple[str, str]]:
    """Fields and subjects that an answer of the server's shows; `collections` are those that were asked about."""
    parts = path.partition("?")[0].removeprefix("/v1/").split("/")
    if answer.status_code not in (200, 201):
        if parts[0] == "faces" and answer.json().get("code") == "budget_exhausted":
            yield "record_ids", parts[1]  # that it is too much says that it is there
        return
    if answer.headers["content-type"] == "image/jpeg":
        assert answer.content.startswith(b"\xff\xd8")
        yield {"crop": "crop", "photo": "photo"}[parts[2]], parts[1]
        yield "record_ids", parts[1]  # that there is such a face
        return
    body = answer.json()
    whole = {"usage": "usage", "rules": "rules", "api-keys": "api_keys", "collections": "collections"}
    if parts[0] == "faces" and parts[2:] == ["search"]:
        yield "record_ids", parts[1]  # that there is such a face, which whoever asks may have had from elsewhere
    if len(parts) == 1 and parts[0] in whole:
        yield whole[parts[0]], ""
    elif len(parts) == 2 and parts[0] == "collections":
        yield "collections", parts[1]
    elif parts == ["log", "entries"]:
        yield "log", ""
    elif parts == ["me"]:
        yield "organization", ""
    if "gallery" in body:  # how large what was searched is
        yield from (("collections", one) for one in collections)
    yield from of_rows(body)


def of_rows(body: Any) -> Iterator[tuple[str, str]]:
    """The same of every row in a document."""
    if isinstance(body, list):
        for one in body:
            yield from of_rows(one)
    elif isinstance(body, dict):
        yield from _of_row(body)
        for name, one in body.items():
            if name not in {"facts", "details"}:
                yield from of_rows(one)


def _of_row(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    face, person = row.get("face_id"), row.get("person_id")
    if face:
        yield "record_ids", face
        if row.get("person_name"):
            yield "name", person or ""
        if row.get("source"):
            yield "provenance", face
        if row.get("score") is not None:
            yield "score", face
    elif person and "name" in row:
        yield "record_ids", person
        yield "name", person
    elif "policy" in row and "collection_id" in row and "next_cursor" not in row:
        pass  # a collection: what it shows is of the listing, or of the one that was asked for
    elif row.get("member_id") and "name" in row and "roles" in row and "key_id" not in row:
        yield "members", row["member_id"]
    elif row.get("case_id") and "legal_basis" in row:
        yield "cases", row["case_id"]
