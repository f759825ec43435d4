"""One tree of errors, grouped by what the reader does next.

    FacekeepError
      BadInput      fix the input and send it again
      Refused       policy said no; carries the log entry of the refusal
      Unavailable   nothing is wrong with the request; try again later
      Tampered      stop: something was altered; an alarm has been raised

Every error has a stable code. Messages carry expected and got for shapes and parameters, never templates, names, keys
or image bytes. HTTP status lives in `web` only.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Stable codes; `docs/errors.md` says what each means and what to do. Never renamed, never reused."""

    # BadInput
    INVALID_REQUEST = "invalid_request"
    INVALID_SETTING = "invalid_setting"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    REQUEST_TOO_LARGE = "request_too_large"
    PHOTO_EMPTY = "photo_empty"
    PHOTO_TOO_LARGE = "photo_too_large"
    PHOTO_TOO_MANY_PIXELS = "photo_too_many_pixels"
    PHOTO_UNSUPPORTED = "photo_unsupported"
    PHOTO_DAMAGED = "photo_damaged"
    PHOTO_TOO_HARD = "photo_too_hard"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    LOW_QUALITY = "low_quality"
    MODEL_MISMATCH = "model_mismatch"
    MODEL_REFUSED = "model_refused"
    ALREADY_INITIALIZED = "already_initialized"
    BACKUP_EXPIRED = "backup_expired"
    # Refused
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    PROOF_NEEDED = "proof_needed"
    TOO_MANY_TRIES = "too_many_tries"
    UNSEAL_REFUSED = "unseal_refused"
    QUARANTINED = "quarantined"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CASE_NEEDED = "case_needed"
    CASE_CLOSED = "case_closed"
    APPROVAL_NEEDED = "approval_needed"
    REVEAL_NEEDED = "reveal_needed"
    FROZEN = "frozen"
    # Unavailable
    NOT_INITIALIZED = "not_initialized"
    VAULT_SEALED = "vault_sealed"
    VAULT_UNREACHABLE = "vault_unreachable"
    STORE_UNAVAILABLE = "store_unavailable"
    DISK_FULL = "disk_full"
    LOG_UNWRITABLE = "log_unwritable"
    STALE = "stale"
    NOT_YET_PUBLISHED = "not_yet_published"
    BUSY = "busy"
    INTERNAL = "internal"
    # Tampered
    SUMS_REFUSED = "sums_refused"
    BLOCK_ALTERED = "block_altered"
    CELL_ALTERED = "cell_altered"
    CELL_MISSING = "cell_missing"
    DATABASE_ALTERED = "database_altered"
    LOG_ALTERED = "log_altered"
    BACKUP_ALTERED = "backup_altered"


class FacekeepError(Exception):
    """A stable `code`, a sentence for people in `message`, and the log entry (`entry`) where one was written.

    `details` say the same as the message, for programs: which budget is used up, its limit, when it returns.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        entry: int | None = None,
        details: Mapping[str, str | int] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.entry = entry
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class BadInput(FacekeepError):
    """The caller can fix this."""


class Refused(FacekeepError):
    """Policy said no."""


class Unavailable(FacekeepError):
    """Nothing is wrong with the request; try again later."""


class Tampered(FacekeepError):
    """Something was altered. Nothing was released."""


_FIRST_OF_GROUP = (
    (Code.INVALID_REQUEST, BadInput),
    (Code.UNAUTHENTICATED, Refused),
    (Code.NOT_INITIALIZED, Unavailable),
    (Code.SUMS_REFUSED, Tampered),
)


def group_of(code: Code) -> type[FacekeepError]:
    """The class of the tree that `code` belongs to, by its place in `Code`."""
    order = list(Code)
    return [kind for first, kind in _FIRST_OF_GROUP if order.index(first) <= order.index(code)][-1]


def error_from(
    code: str, message: str, *, entry: int | None = None, details: Mapping[str, str | int] = MappingProxyType({})
) -> FacekeepError:
    """Rebuild an error that crossed a process boundary. An unknown code becomes `internal`."""
    known = Code(code) if code in set(Code) else Code.INTERNAL
    return group_of(known)(known, message, entry=entry, details=details)
