"""What can go wrong for a client, as three exceptions with one parent."""

from collections.abc import Mapping
from typing import Any

import msgspec


class FacekeepSdkError(Exception):
    """Anything this package raises by intention. `code` is stable; `message` is a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class FacekeepApiError(FacekeepSdkError):
    """The server said no: an RFC 9457 problem.

    `status` is the HTTP status, `entry` the log index of the refusal where one was written, `request_id` what to quote
    to the operator, and `members` every member of the problem document (`several_faces` lists its boxes in `faces`).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        entry: int | None = None,
        request_id: str = "",
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.entry = entry
        self.request_id = request_id
        self.members: Mapping[str, Any] = members or {}


class FacekeepUnreachable(FacekeepSdkError):
    """No answer came: nothing listens, the connection broke, or time ran out."""


class LogTampered(FacekeepSdkError):
    """The server's log contradicts what it showed before, or its own signature. Stop and keep the evidence."""

    def __init__(self, message: str) -> None:
        super().__init__("log_altered", message)


class NotCosigned(LogTampered):
    """A witness that was asked for has not signed this checkpoint: not yet, or not at all."""


def api_error(status: int, untrusted_body: bytes, request_id: str) -> FacekeepApiError:
    """The exception for an answer of `status` (400 or more), whatever its body looks like."""
    members = _members(untrusted_body)
    code, detail, entry = members.get("code"), members.get("detail") or members.get("title"), members.get("entry")
    return FacekeepApiError(
        code if isinstance(code, str) else "internal",
        detail if isinstance(detail, str) else f"the server answered with HTTP {status}",
        status=status,
        entry=entry if isinstance(entry, int) else None,
        request_id=str(members.get("request_id") or request_id),
        members=members,
    )


def _members(untrusted_body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(untrusted_body, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
