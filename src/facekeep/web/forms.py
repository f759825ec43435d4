"""Multipart forms, parsed as they stream in, in memory alone: no part ever becomes a file.

Starlette's own form parser writes large parts to temporary files, so it is never used here.
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from facekeep.errors import BadInput, Code
from facekeep.service.memory import wipe_bytes
from facekeep.settings import HttpSettings
from facekeep.web.intake import MAX_METADATA_BYTES

_MAX_PARTS = 20
_JSON_PARTS = frozenset({"metadata", "query"})


@dataclass(slots=True)
class Part:
    """One part. `too_large` is set where it went over its limit; its bytes are then gone."""

    name: str
    limit: int
    data: bytearray = field(default_factory=bytearray)
    too_large: bool = False

    def add(self, untrusted: memoryview) -> None:
        """Append bytes as they come, up to the limit."""
        if self.too_large:
            return
        if len(self.data) + len(untrusted) > self.limit:
            self.too_large = True
            wipe_bytes([self.data])
            return
        self.data += untrusted

    @property
    def refusal(self) -> BadInput | None:
        """The error of a photo over its limit."""
        if not self.too_large:
            return None
        return BadInput(Code.PHOTO_TOO_LARGE, f"the photo is over {self.limit} bytes")


@dataclass(slots=True)
class Form:
    """The parts of a form, in the order sent."""

    parts: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[Part]:
        """Every part of that name."""
        return [part for part in self.parts if part.name == name]

    def photo(self, name: str) -> bytearray:
        """The bytes of the one photo of that name. Raises `invalid_request`, `photo_too_large`."""
        part = self._one(name)
        if part is None:
            raise BadInput(Code.INVALID_REQUEST, f"the form needs exactly one part named {name}")
        if part.refusal is not None:
            raise part.refusal
        return part.data

    def json(self, name: str) -> bytes | None:
        """The bytes of the one JSON part of that name, or None where there is none."""
        part = self._one(name)
        if part is None:
            return None
        if part.too_large:
            raise BadInput(Code.REQUEST_TOO_LARGE, f"the part {name} is over {part.limit} bytes")
        return bytes(part.data)

    def clear(self) -> None:
        """Overwrite every part."""
        wipe_bytes(part.data for part in self.parts)
        self.parts.clear()

    def _one(self, name: str) -> Part | None:
        found = self.all(name)
        if len(found) > 1:
            raise BadInput(Code.INVALID_REQUEST, f"the form has more than one part named {name}")
        return found[0] if found else None


class FormReader:
    """Feeds chunks to the streaming parser and gathers parts under limits."""

    def __init__(self, content_type: str, allowed: Collection[str], max_photo_bytes: int) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise BadInput(Code.INVALID_REQUEST, "the body must be multipart/form-data with a boundary")
        self.form = Form()
        self._allowed = allowed
        self._max_photo_bytes = max_photo_bytes
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._ended = False
        try:
            self._parser = _parser(boundary, self)
        except FormParserError:
            raise BadInput(Code.INVALID_REQUEST, "the form's boundary is too long") from None

    def feed(self, untrusted: bytes) -> None:
        """Take the next chunk. Raises `invalid_request` where it is no form, or holds a part that is not expected."""
        try:
            self._parser.write(untrusted)
        except FormParserError:
            raise BadInput(Code.INVALID_REQUEST, "the body is not a valid multipart form") from None

    def finish(self) -> Form:
        """The whole form. Raises `invalid_request` where the closing boundary never came."""
        if not self._ended:
            raise BadInput(Code.INVALID_REQUEST, "the form ends before its closing boundary")
        return self.form

    def on_part_begin(self) -> None:
        """A part begins; its headers follow."""
        if len(self.form.parts) >= _MAX_PARTS:
            raise BadInput(Code.INVALID_REQUEST, f"the form has more than {_MAX_PARTS} parts")
        self._disposition = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """Some of a header's name."""
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """Some of a header's value."""
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        """A header is complete; only the disposition says anything we use."""
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def on_headers_finished(self) -> None:
        """The part's content follows."""
        name = parse_options_header(self._disposition)[1].get(b"name", b"").decode("latin-1")
        if name not in self._allowed:
            expected = ", ".join(sorted(self._allowed))
            raise BadInput(Code.INVALID_REQUEST, f"the form has a part that is not expected; expected {expected}")
        limit = MAX_METADATA_BYTES if name in _JSON_PARTS else self._max_photo_bytes
        self.form.parts.append(Part(name, limit))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Some of the part's content."""
        self.form.parts[-1].add(memoryview(data)[start:end])

    def on_end(self) -> None:
        """The closing boundary."""
        self._ended = True


@asynccontextmanager
async def read_form(request: Request, settings: HttpSettings, allowed: Collection[str]) -> AsyncIterator[Form]:
    """The form of a request; its parts are overwritten at the end of the block.

    Raises
    ------
    BadInput
        `invalid_request`, or `request_too_large` while it is still coming in.
    """
    reader = FormReader(request.headers.get("content-type", ""), allowed, settings.max_photo_bytes)
    try:
        async for chunk in request.stream():
            reader.feed(chunk)
        yield reader.finish()
    except ClientDisconnect:
        raise BadInput(Code.INVALID_REQUEST, "the request ended inside its body") from None
    finally:
        reader.form.clear()


def form_of(*allowed: str) -> Callable[[Request], AsyncIterator[Form]]:
    """A FastAPI dependency: the request's form with parts of these names."""

    async def dependency(request: Request) -> AsyncIterator[Form]:
        async with read_form(request, request.app.state.keep.settings.http, allowed) as form:
            yield form

    return dependency


def _parser(boundary: bytes, reader: FormReader) -> MultipartParser:
    return MultipartParser(
        boundary,
        {
            "on_part_begin": reader.on_part_begin,
            "on_header_field": reader.on_header_field,
            "on_header_value": reader.on_header_value,
            "on_header_end": reader.on_header_end,
            "on_headers_finished": reader.on_headers_finished,
            "on_part_data": reader.on_part_data,
            "on_end": reader.on_end,
        },
    )
