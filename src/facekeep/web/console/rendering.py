"""A page from its template: what is put in is escaped, and what a template asks for and is not there is an error.

Jinja is loaded with the first page, so that a keep which is used by programs alone does not hold it.
"""

from __future__ import annotations

import gettext
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from facekeep import __version__

if TYPE_CHECKING:
    from jinja2 import Environment



def page(request: Request, template: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """The page `pages/<template>.html` with these values."""
    text = _environment("en").get_template(f"{template}.html").render(
        version=__version__, path=request.url.path, template=template, **values
    )  # fmt: skip
    return HTMLResponse(text, status_code)


@cache
def _environment(language: str) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  see above

    made = Environment(
        loader=PackageLoader(__package__, "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = gettext.translation("console", Path(str(files(__package__))) / "words", [language], fallback=True)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.filters["moment"] = moment
    made.filters["day"] = day
    return made


def moment(iso: str) -> str:
    """A moment in ISO 8601 as people read it, in UTC: `2026-03-01 14:05`."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M}" if iso else ""


def day(iso: str) -> str:
    """The day of a moment: `2026-03-01`."""
    return iso[:10]
