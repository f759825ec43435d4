"""Every call of the API, described once: method, path, body, and how to read the answer. Nothing here does I/O.

`Client` and `AsyncClient` send the same descriptions; see `client.py`.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec

from facekeep_sdk.errors import FacekeepSdkError
from facekeep_sdk.models import (
    Box,
    Checkpoint,
    Collection,
    Detection,
    Enrollment,
    Export,
    ExportPage,
    Face,
    LogEntry,
    Person,
    Photo,
    PhotoSource,
    Policy,
    Proof,
    Receipt,
    SearchResult,
    Status,
    Verification,
)

T = TypeVar("T")
Conversation = Generator["Call[Any] | Pause", Any, T]
"""Calls to send one after another, each answered before the next is known; errors of the server are thrown in."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body; a path is opened for each attempt and streamed."""

    name: str
    content: bytes | Path
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request that was not sent yet. `repeatable` means that sending it twice does what sending it once does."""

    method: str
    path: str
    decode: Callable[[bytes], T]
    query: Mapping[str, str | int] = field(default_factory=dict)
    json: object = None
    parts: tuple[Part, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Time to let pass before a conversation goes on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the call that fetches the next ones (None at the end)."""

    items: tuple[T, ...]
    following: "Call[Page[T]] | None"


def status() -> Call[Status]:
    """State, version, model and newest checkpoint of the keep."""
    return get("/v1/status", Status)


def create_collection(
    name: str, policy: Policy | None = None, *, idempotency_key: str | None = None
) -> Call[Collection]:
    """A new, empty collection."""
    body = {"name": name} if policy is None else {"name": name, "policy": asdict(policy)}
    return _create("/v1/collections", Collection, body, idempotency_key)


def collections(*, limit: int = 100) -> Call[Page[Collection]]:
    """Every collection of the caller's organization, oldest first."""
    return paged("/v1/collections", Collection, {"limit": limit})


def collection(collection_id: str) -> Call[Collection]:
    """One collection."""
    return get(f"/v1/collections/{_id(collection_id)}", Collection)


def delete_collection(collection_id: str) -> Call[Receipt]:
    """Forget a collection with everything in it."""
    return _forget(f"/v1/collections/{_id(collection_id)}")


def create_person(collection_id: str, name: str, *, idempotency_key: str | None = None) -> Call[Person]:
    """A person without faces yet."""
    return _create(f"/v1/collections/{_id(collection_id)}/persons", Person, {"name": name}, idempotency_key)


def persons(collection_id: str, *, limit: int = 100) -> Call[Page[Person]]:
    """Every person of a collection."""
    return paged(f"/v1/collections/{_id(collection_id)}/persons", Person, {"limit": limit})


def person(person_id: str) -> Call[Person]:
    """One person."""
    return get(f"/v1/persons/{_id(person_id)}", Person)


def forget_person(person_id: str) -> Call[Receipt]:
    """Forget a person with every face."""
    return _forget(f"/v1/persons/{_id(person_id)}")


def enroll(collection_id: str, photos: Sequence[Photo], *, idempotency_key: str | None = None) -> Call[Enrollment]:
    """Enroll 1 to 16 photos at once. One bad photo does not harm the others; see `Enrollment.photos`.

    The same `idempotency_key` with the same photos gives the same answer for 24 hours; without one, a fresh key
    makes the client's own retries safe.
    """
    metadata = msgspec.json.encode([_metadata(photo) for photo in photos])
    parts = (Part("metadata", metadata, "application/json"), *(_photo("photo", photo.content) for photo in photos))
    return Call(
        "POST",
        f"/v1/collections/{_id(collection_id)}/faces",
        decoder(Enrollment),
        parts=parts,
        headers={"Idempotency-Key": idempotency_key or uuid4().hex},
        repeatable=True,
    )


def faces(collection_id: str, *, person_id: str | None = None, limit: int = 100) -> Call[Page[Face]]:
    """Every face of a collection, or of one person of it."""
    query: dict[str, str | int] = {"limit": limit} if person_id is None else {"limit": limit, "person_id": person_id}
    return paged(f"/v1/collections/{_id(collection_id)}/faces", Face, query)


def face(face_id: str) -> Call[Face]:
    """One enrolled face."""
    return get(f"/v1/faces/{_id(face_id)}", Face)


def forget_face(face_id: str) -> Call[Receipt]:
    """Forget one face."""
    return _forget(f"/v1/faces/{_id(face_id)}")


def crop(face_id: str) -> Call[bytes]:
    """The small picture of an enrolled face: JPEG bytes."""
    return Call("GET", f"/v1/faces/{_id(face_id)}/crop", bytes, repeatable=True)


def photo(face_id: str) -> Call[bytes]:
    """The whole photo of an enrolled face, where the collection keeps photos: JPEG bytes."""
    return Call("GET", f"/v1/faces/{_id(face_id)}/photo", bytes, repeatable=True)


def detect(content: PhotoSource) -> Call[Detection]:
    """Every face on a photo, largest first. Nothing is stored."""
    return Call("POST", "/v1/detect", decoder(Detection), parts=(_photo("photo", content),), repeatable=True)


def search(
    content: PhotoSource,
    collection_ids: Sequence[str],
    *,
    top_k: int = 10,
    score_floor: float | None = None,
    face_index: int | None = None,
    box: Box | None = None,
    case_id: str | None = None,
    probe_captured_at: str | None = None,
) -> Call[SearchResult]:
    """Candidates for the face on a photo. With several faces on it, choose one by `face_index` or `box`.

    `case_id` is the case it is searched in; a collection needs one unless its policy says otherwise.
    `probe_captured_at` is when the photo was taken (ISO 8601, a year is enough), for the age gap to each candidate.

    Never repeated after it was sent: every search is logged and counted.
    """
    query = given(
        collection_ids=list(collection_ids),
        top_k=top_k,
        score_floor=score_floor,
        face_index=face_index,
        case_id=case_id,
        probe_captured_at=probe_captured_at,
    )
    if box is not None:
        query["box"] = asdict(box)
    parts = (Part("query", msgspec.json.encode(query), "application/json"), _photo("photo", content))
    return Call("POST", "/v1/search", decoder(SearchResult), parts=parts)


def search_by_face(
    face_id: str,
    collection_ids: Sequence[str],
    *,
    top_k: int = 10,
    score_floor: float | None = None,
    case_id: str | None = None,
    probe_captured_at: str | None = None,
) -> Call[SearchResult]:
    """Candidates for a face that is already enrolled, itself left out."""
    query = given(
        collection_ids=list(collection_ids),
        top_k=top_k,
        score_floor=score_floor,
        case_id=case_id,
        probe_captured_at=probe_captured_at,
    )
    return Call("POST", f"/v1/faces/{_id(face_id)}/search", decoder(SearchResult), json=query)


def verify(
    first: PhotoSource,
    second: PhotoSource | None = None,
    *,
    person_id: str | None = None,
    face_id: str | None = None,
    first_face_index: int | None = None,
    second_face_index: int | None = None,
    case_id: str | None = None,
) -> Call[Verification]:
    """How alike are two photos, or a photo and an enrolled person or face: give exactly one of the three.

    The face indices say which face is meant where a photo shows several; `case_id` as in `search`.
    """
    if [second, person_id, face_id].count(None) != 2:
        raise FacekeepSdkError("invalid_request", "verify needs a second photo, a person id or a face id: exactly one")
    query = given(
        person_id=person_id,
        face_id=face_id,
        first_face_index=first_face_index,
        second_face_index=second_face_index,
        case_id=case_id,
    )
    parts = [_photo("first", first)]
    if second is not None:
        parts.append(_photo("second", second))
    if query:
        parts.append(Part("query", msgspec.json.encode(query), "application/json"))
    return Call("POST", "/v1/verify", decoder(Verification), parts=tuple(parts))


def log_entries(*, start: int = 0, limit: int = 100) -> Call[Page[LogEntry]]:
    """Every log entry of the caller's organization from its number `start` on."""
    return Call(
        "GET",
        "/v1/log/entries",
        lambda body: _log_page(body, limit),
        query={"start": start, "limit": limit},
        repeatable=True,
    )


def checkpoint() -> Call[Checkpoint]:
    """The newest published checkpoint of the log. Unchecked; see `Client.check_log`."""
    return get("/v1/log/checkpoint", Checkpoint)


def proof(entry: int, *, size: int = 0) -> Call[Proof]:
    """Proof that the organization's `entry` is in the tree of `size` (0: the newest checkpoint)."""
    return get("/v1/log/proof", Proof, {"entry": entry, "size": size})


def consistency(old_size: int, *, new_size: int = 0) -> Call[Proof]:
    """Proof that the tree of `new_size` (0: the newest) extends the tree of `old_size`."""
    return get("/v1/log/consistency", Proof, {"old_size": old_size, "new_size": new_size})


def begin_export() -> Call[Export]:
    """Log an export of the organization's entries. Not repeated: each would be an entry."""
    return Call("POST", "/v1/log/export", decoder(Export))


def export_page(entry: int, *, start: int = 0, size: int = 0, limit: int = 500) -> Call[ExportPage]:
    """A page of the export that ends with `entry`, proved in the tree of `size` (0: the newest checkpoint)."""
    query = {"entry": entry, "start": start, "limit": limit, "size": size}
    return get("/v1/log/export", ExportPage, query)


class _RawPage(msgspec.Struct):
    items: msgspec.Raw
    next_cursor: str | None = None


class _RawLogPage(msgspec.Struct):
    entries: tuple[LogEntry, ...]
    next_start: int | None = None


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Reads a JSON answer as `kind`."""
    return lambda body: msgspec.json.decode(body, type=kind)


def get(path: str, kind: type[T], query: Mapping[str, str | int] | None = None) -> Call[T]:
    """A call that reads one thing."""
    return Call("GET", path, decoder(kind), query=query or {}, repeatable=True)


def _create(path: str, kind: type[T], body: object, key: str | None) -> Call[T]:
    headers = {"Idempotency-Key": key or uuid4().hex}
    return Call("POST", path, decoder(kind), json=body, headers=headers, repeatable=True)


def _forget(path: str) -> Call[Receipt]:
    # Forgetting twice is harmless, but the second answer is "not found" and the receipt would be lost: not repeated.
    return Call("DELETE", path, decoder(Receipt))


def paged(path: str, kind: type[T], query: Mapping[str, str | int]) -> Call[Page[T]]:
    """A call that reads the first page of a listing."""

    def decode(body: bytes) -> Page[T]:
        raw = msgspec.json.decode(body, type=_RawPage)
        items: tuple[T, ...] = msgspec.json.decode(raw.items, type=tuple[kind, ...])  # type: ignore[valid-type]
        following = paged(path, kind, {**query, "cursor": raw.next_cursor}) if raw.next_cursor else None
        return Page(items, following)

    return Call("GET", path, decode, query=query, repeatable=True)


def _log_page(body: bytes, limit: int) -> Page[LogEntry]:
    raw = msgspec.json.decode(body, type=_RawLogPage)
    return Page(raw.entries, None if raw.next_start is None else log_entries(start=raw.next_start, limit=limit))


def _photo(name: str, content: PhotoSource) -> Part:
    return Part(name, Path(content) if isinstance(content, str) else content)


def _metadata(photo: Photo) -> dict[str, object]:
    facts = {key: value for key, value in asdict(photo).items() if key != "content"}
    return {key: value for key, value in facts.items() if value not in (None, "")}


def given(**values: object) -> dict[str, object]:
    """The values that are not None."""
    return {key: value for key, value in values.items() if value is not None}


def _id(untrusted_id: str) -> str:
    return quote(untrusted_id, safe="")
