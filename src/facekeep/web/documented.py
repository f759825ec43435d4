"""The OpenAPI document: every route names the errors it can answer with, and the shared ones are added here."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from facekeep.errors import Code
from facekeep.web.problems import KINDS, MEDIA_TYPE

# What any route behind the door can answer: authentication, limits, and the state of the keep.
SHARED = (
    Code.INVALID_REQUEST, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.REQUEST_TOO_LARGE, Code.BUSY, Code.VAULT_SEALED,
    Code.NOT_INITIALIZED, Code.VAULT_UNREACHABLE, Code.LOG_UNWRITABLE, Code.DATABASE_ALTERED, Code.INTERNAL,
)  # fmt: skip
STORED = (
    Code.STORE_UNAVAILABLE, Code.CELL_ALTERED, Code.CELL_MISSING, Code.STALE,
)  # fmt: skip
SHOWN = (*STORED, Code.REVEAL_NEEDED)
WRITTEN = (Code.STORE_UNAVAILABLE, Code.DISK_FULL, Code.CONFLICT, Code.IDEMPOTENCY_MISMATCH, Code.FORBIDDEN)
ANY_PHOTO = (
    Code.PHOTO_EMPTY, Code.PHOTO_TOO_LARGE, Code.PHOTO_TOO_MANY_PIXELS, Code.PHOTO_UNSUPPORTED, Code.PHOTO_DAMAGED,
    Code.PHOTO_TOO_HARD,
)  # fmt: skip
ONE_FACE = (Code.NO_FACE, Code.SEVERAL_FACES)
SEARCHED = (
    Code.NOT_FOUND, Code.MODEL_MISMATCH, Code.FORBIDDEN, Code.QUARANTINED, Code.BUDGET_EXHAUSTED, Code.SUMS_REFUSED,
    Code.BLOCK_ALTERED, Code.CASE_NEEDED, Code.CASE_CLOSED, Code.APPROVAL_NEEDED, *STORED,
)  # fmt: skip

JPEG: dict[str, Any] = {"description": "A JPEG.", "content": {"image/jpeg": {"schema": {"type": "string"}}}}
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def errors(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its own errors and the shared ones, by status."""
    by_status: dict[int | str, list[Code]] = {}
    for code in dict.fromkeys((*SHARED, *codes)):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {status: _response(found) for status, found in sorted(by_status.items(), key=lambda item: int(item[0]))}


def form_body(required: dict[str, str], optional: dict[str, str] | None = None, **json_parts: type) -> dict[str, Any]:
    """`openapi_extra` of a multipart route: photo parts by name and description, JSON parts by name and schema."""
    properties: dict[str, Any] = {
        name: {"type": "string", "contentMediaType": "application/octet-stream", "description": text}
        for name, text in (required | (optional or {})).items()
    }
    for name, kind in json_parts.items():
        properties[name] = {"$ref": f"#/components/schemas/{kind.__name__}"}
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def describe(app: FastAPI, *form_models: Any) -> Callable[[], dict[str, Any]]:
    """A function that returns the whole document; `form_models` are those that only multipart parts use."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, form_models)
        return app.openapi_schema

    return document


def _document(app: FastAPI, form_models: tuple[Any, ...]) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = found["components"]["schemas"]
    for model in form_models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "fk_… or fs_…"}
    found["components"]["securitySchemes"] = {"key": scheme}
    found["security"] = [{"key": []}]
    for path in found["paths"].values():
        for operation in path.values():
            _without_framework_errors(operation)
    return found


def _without_framework_errors(operation: dict[str, Any]) -> None:
    """The framework announces its own 422 wherever there are parameters; ours are problems, with status 400."""
    announced = operation["responses"].get("422", {}).get("content", {})
    if "application/json" in announced:
        del announced["application/json"]
        if not announced:
            del operation["responses"]["422"]


def _response(codes: list[Code]) -> dict[str, Any]:
    return {"description": ", ".join(code.value for code in codes), "content": _PROBLEM}
