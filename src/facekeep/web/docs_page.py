"""A page that lists the API, made from the OpenAPI document: no script, nothing loaded from elsewhere."""

from html import escape
from typing import Any

_STYLE = "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}code{white-space:nowrap}"


def docs_page(document: dict[str, Any]) -> str:
    """HTML with one section a route: what it does, and what it answers."""
    sections = [
        _section(path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{escape(document['info']['description'])}</p>"
        f'<p>The whole description: <a href="/openapi.json">openapi.json</a>.</p>{"".join(sections)}</html>'
    )


def _section(path: str, method: str, operation: dict[str, Any]) -> str:
    answers = "".join(
        f"<li><code>{escape(status)}</code> {escape(answer['description'])}</li>"
        for status, answer in operation["responses"].items()
    )
    text = escape(operation.get("description", operation.get("summary", "")))
    return f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2><p>{text}</p><ul>{answers}</ul>"
