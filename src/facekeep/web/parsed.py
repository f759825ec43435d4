"""Untrusted JSON and header values become typed values here, with errors that say where and never repeat what."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from facekeep.errors import BadInput, Code
from facekeep.service.idempotency import Once, once
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken

T = TypeVar("T")
ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_KEY = re.compile(r"[\x21-\x7e]{1,64}")
_MOST_ERRORS = 5


def keep_of(request: Request) -> Keep:
    """The keep this application serves."""
    keep: Keep = request.app.state.keep
    return keep


def session_of(request: Request) -> SessionToken:
    """The session that the door opened for this request. There is no request without one."""
    session: SessionToken = request.state.session
    return session


OnceHeader = Annotated[str | None, Header(description="Do this once: 1 to 64 visible ASCII characters.")]


def idempotency_key(idempotency_key: OnceHeader = None) -> str | None:
    """The request's Idempotency-Key: 1 to 64 visible ASCII characters. The answer is remembered for 24 hours."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise BadInput(Code.INVALID_REQUEST, "Idempotency-Key must be 1 to 64 visible ASCII characters")
    return idempotency_key


TheKeep = Annotated[Keep, Depends(keep_of)]
TheSession = Annotated[SessionToken, Depends(session_of)]
TheKey = Annotated[str | None, Depends(idempotency_key)]
AnId = Annotated[str, Path(pattern=ID_PATTERN, description="A random id.")]
Cursor = Annotated[str, Query(max_length=200, description="`next_cursor` of the last page; empty for the first.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]


def asked_once(key: str | None, request: Request, *body: bytes | bytearray) -> Once | None:
    """The `Once` of this request: its key, and the digest of its method, path and body."""
    return once(key, request.method.encode(), request.url.path.encode(), *body)


def parse_json(kind: type[T] | Any, untrusted: bytes, where: str) -> T:
    """A value of type `kind` from JSON.

    Raises
    ------
    BadInput
        `invalid_request`: names the members that are wrong, not their values.
    """
    try:
        value: T = _adapter(kind).validate_json(untrusted)
    except ValidationError as error:
        raise BadInput(Code.INVALID_REQUEST, described(error.errors(include_input=False), where)) from None
    return value


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """An adapter that keeps no value it has seen: the validator caches short strings unless told not to."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return TypeAdapter(kind)  # the model says so itself
    return TypeAdapter(kind, config=ConfigDict(cache_strings="none"))


def described(errors: Sequence[Any], where: str = "") -> str:
    """What is wrong with the input, in words: where and why."""
    return "; ".join(_described(error, where) for error in errors[:_MOST_ERRORS])


def _described(error: Any, where: str) -> str:
    place = ".".join(str(step)[:60] for step in ([where] if where else []) + list(error["loc"]))
    return f"{place}: {error['msg'][:200]}"
