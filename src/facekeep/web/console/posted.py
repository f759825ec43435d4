"""Forms of pages: untrusted fields become typed values, and an answer says where to go next."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from facekeep.errors import BadInput, Code
from facekeep.web.console.cookie import MARK
from facekeep.web.parsed import ID_PATTERN, described

Model = TypeVar("Model", bound="Posted")
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 500


class Posted(BaseModel):
    """The fields of one form, or the members of a small JSON body. Values are stripped of white space around them."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, cache_strings="none", str_strip_whitespace=True
    )


def posted(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A FastAPI dependency: the request's fields as `model`..

    Raises
    ------
    BadInput
        `invalid_request`: names the fields that are wrong, not their values.
    """

    async def dependency(request: Request) -> Model:
        untrusted = await request.body()  # small: the door has taken it in under a limit
        try:
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
                return model.model_validate(_fields(model, untrusted))
            return model.model_validate_json(untrusted)
        except ValidationError as error:
            raise BadInput(Code.INVALID_REQUEST, described(error.errors(include_input=False))) from None

    return dependency


def go_to(request: Request, address: str) -> Response:
    """The answer that takes the reader to another page of the console: at once, or as our script asks for it."""
    if request.headers.get(MARK[0].decode()) == MARK[1]:
        return JSONResponse({"location": address})
    return RedirectResponse(address, status_code=303)


def _fields(model: type[Posted], untrusted: bytes) -> dict[str, Any]:
    """Fields as a browser sends them. One that is left empty is as if it were not there."""
    try:
        pairs = parse_qsl(untrusted.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadInput(Code.INVALID_REQUEST, "the body is not a valid form") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if _is_list(model, name):
            fields.setdefault(name, []).append(value)
        elif name in fields:
            raise BadInput(Code.INVALID_REQUEST, "the form says one thing twice")
        elif value.strip():
            fields[name] = value
    return fields


def _is_list(model: type[Posted], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and "list[" in str(field.annotation)
