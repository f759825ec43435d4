"""Errors as HTTP: one table from codes to statuses, one shape of body (RFC 9457), and no words of internal errors."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from facekeep.errors import Code, FacekeepError
from facekeep.service.refusals import FaceProblem, FaceSeen

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = {Code.BUSY: 1, Code.STALE: 1}
_USUAL_RETRY_AFTER_S = 5
_ALWAYS_ALIKE = frozenset({401, 404})  # whatever was wrong; not even a log index may differ


@dataclass(frozen=True, slots=True)
class Kind:
    """How a code looks from outside. `detail`, where set, is said instead of the error's own words."""

    status: int
    title: str
    detail: str = ""


_TAMPERED = "Something stored was altered or is missing. Nothing was released, and an alarm was raised."

KINDS: Mapping[Code, Kind] = {
    Code.INVALID_REQUEST: Kind(400, "The request is not valid"),
    Code.INVALID_SETTING: Kind(400, "A setting is not valid"),
    Code.NOT_FOUND: Kind(404, "Not found", "There is nothing here that this key may see."),
    Code.CONFLICT: Kind(409, "Conflict"),
    Code.IDEMPOTENCY_MISMATCH: Kind(409, "The idempotency key came before with another request"),
    Code.REQUEST_TOO_LARGE: Kind(413, "The request is too large"),
    Code.PHOTO_EMPTY: Kind(400, "The photo is empty"),
    Code.PHOTO_TOO_LARGE: Kind(413, "The photo has too many bytes"),
    Code.PHOTO_TOO_MANY_PIXELS: Kind(413, "The photo has too many pixels"),
    Code.PHOTO_UNSUPPORTED: Kind(415, "The photo is of a type that is not supported"),
    Code.PHOTO_DAMAGED: Kind(422, "The photo is damaged"),
    Code.PHOTO_TOO_HARD: Kind(422, "The photo takes too much work to decode"),
    Code.NO_FACE: Kind(422, "No face was found"),
    Code.SEVERAL_FACES: Kind(422, "The photo shows several faces"),
    Code.LOW_QUALITY: Kind(422, "The face is too poor to enroll"),
    Code.MODEL_MISMATCH: Kind(409, "The collection was made for another model"),
    Code.MODEL_REFUSED: Kind(422, "The model is not one that may run"),
    Code.ALREADY_INITIALIZED: Kind(409, "The vault exists already"),
    Code.BACKUP_EXPIRED: Kind(410, "The backup opens no more"),
    Code.UNAUTHENTICATED: Kind(401, "Not authenticated", "Nothing valid was given that says who asks."),
    Code.FORBIDDEN: Kind(403, "Not allowed"),
    Code.PROOF_NEEDED: Kind(403, "Sign in again first"),
    Code.TOO_MANY_TRIES: Kind(429, "Too many tries"),
    Code.UNSEAL_REFUSED: Kind(403, "The vault was not unsealed"),
    Code.QUARANTINED: Kind(503, "Search is stopped until an operator looked into an alarm"),
    Code.BUDGET_EXHAUSTED: Kind(429, "A budget is exhausted"),
    Code.CASE_NEEDED: Kind(403, "A case is needed"),
    Code.CASE_CLOSED: Kind(403, "The case is closed"),
    Code.REVEAL_NEEDED: Kind(403, "A reveal is needed"),
    Code.FROZEN: Kind(403, "Frozen until two people let it go on"),
    Code.APPROVAL_NEEDED: Kind(403, "A second person's approval is needed"),
    Code.NOT_INITIALIZED: Kind(503, "The vault is not initialized"),
    Code.VAULT_SEALED: Kind(503, "The vault is sealed"),
    Code.VAULT_UNREACHABLE: Kind(503, "The vault cannot be reached"),
    Code.STORE_UNAVAILABLE: Kind(503, "The store cannot be reached"),
    Code.DISK_FULL: Kind(507, "The disk is full"),
    Code.LOG_UNWRITABLE: Kind(503, "The log cannot be written, so nothing is opened"),
    Code.STALE: Kind(503, "The gallery changed meanwhile"),
    Code.NOT_YET_PUBLISHED: Kind(503, "The next checkpoint is still to come"),
    Code.BUSY: Kind(503, "Too much work at once"),
    Code.INTERNAL: Kind(500, "Something went wrong here", "It is written in the server's log under this request id."),
    Code.SUMS_REFUSED: Kind(500, "The search engine's answer was refused", _TAMPERED),
    Code.BLOCK_ALTERED: Kind(500, "A block of the index was altered", _TAMPERED),
    Code.CELL_ALTERED: Kind(500, "A stored record was altered", _TAMPERED),
    Code.CELL_MISSING: Kind(500, "A stored record is missing", _TAMPERED),
    Code.DATABASE_ALTERED: Kind(500, "The vault's database was altered", _TAMPERED),
    Code.LOG_ALTERED: Kind(500, "The log was altered", _TAMPERED),
    Code.BACKUP_ALTERED: Kind(500, "The backup was altered", _TAMPERED),
}


def problem(
    code: Code,
    message: str,
    *,
    entry: int | None = None,
    faces: Sequence[FaceSeen] = (),
    details: Mapping[str, str | int] = MappingProxyType({}),
) -> dict[str, object]:
    """The members of a problem document, without the request id."""
    kind = KINDS[code]
    members: dict[str, object] = {
        "type": f"urn:facekeep:error:{code.value}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail or message,
        "code": code.value,
    }
    if entry is not None and entry >= 0 and kind.status not in _ALWAYS_ALIKE:
        members["entry"] = entry
    if faces:
        members["faces"] = [asdict(face) for face in faces]
    return {**details, **members}


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A whole answer that says no: status, headers and body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def answer_to(error: FacekeepError, request_id: str) -> ProblemAnswer:
    """What the caller is told of an error."""
    faces = error.faces if isinstance(error, FaceProblem) else ()
    members = problem(error.code, error.message, entry=error.entry, faces=faces, details=error.details)
    body = json.dumps({**members, "request_id": request_id}, ensure_ascii=False).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    return ProblemAnswer(KINDS[error.code].status, (*headers, *_advice(error)), body)


def _advice(error: FacekeepError) -> list[tuple[bytes, bytes]]:
    code, status = error.code, KINDS[error.code].status
    if status == 401:
        return [(b"www-authenticate", b'Bearer realm="facekeep"')]
    if "returns_at" in error.details:
        return [(b"retry-after", str(_seconds_until(str(error.details["returns_at"]))).encode())]
    if status == 503 and code is not Code.QUARANTINED:
        return [(b"retry-after", str(_RETRY_AFTER_S.get(code, _USUAL_RETRY_AFTER_S)).encode())]
    return []


def _seconds_until(moment: str) -> int:
    """Whole seconds until a moment in ISO 8601, at least one."""
    return max(1, math.ceil((datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()))
