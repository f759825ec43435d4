"""The product's documentation, page by page, as HTML that names nothing but pages of this console and other sites.

`help` is `docs` of the repository itself (a link, which a wheel follows), so that it cannot say anything else. HTML in
it is shown as text. The parser is loaded with the first page that somebody reads.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HELP = "/console/help"
START = "index"
_COMMENT = re.compile(r"^<!--.*-->$", re.MULTILINE)
_ALIGNED = {"text-align:right": "number", "text-align:center": "center"}


@dataclass(frozen=True, slots=True)
class Document:
    """One page: its first heading, and what it says."""

    title: str
    html: Markup


@cache
def sources() -> dict[str, str]:
    """The Markdown of every page, by its path without the ending: `log`, `adr/index`."""
    folder = Path(str(files(__package__))) / "help"
    found = sorted(folder.rglob("*.md"))
    return {one.relative_to(folder).with_suffix("").as_posix(): one.read_text("utf-8") for one in found}


def titles() -> dict[str, str]:
    """The first heading of each page of the first level, in their order; the start page is not there."""
    first = {name: _title(text) for name, text in sources().items() if "/" not in name and name != START}
    return dict(sorted(first.items(), key=lambda one: one[1].lower()))


@cache
def document(name: str) -> Document | None:
    """The page of that name, if there is one."""
    text = sources().get(name)
    if text is None:
        return None
    parser = _parser()
    tokens = parser.parse(_COMMENT.sub("", text))
    _adapt(tokens, name)
    return Document(_title(text), Markup(parser.renderer.render(tokens, parser.options, {})))  # noqa: S704  escaped by the parser


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("#").strip()


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  see above

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("table_open", lambda *_: '<div class="wide-table" tabindex="0"><table>\n')
    made.add_render_rule("table_close", lambda *_: "</table></div>\n")
    for kind in ("fence", "code_block"):
        made.add_render_rule(kind, _code)
    return made


def _code(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'


def _adapt(tokens: list[Token], name: str) -> None:
    """Headings get the anchors that links name, columns classes for styles, and links addresses of this console."""
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[at + 1]))
        elif token.type in {"th_open", "td_open"}:
            if not tokens[at + 1].content:  # a heading of nothing would be read aloud
                token.tag = tokens[at + 2].tag = "td"
            token.attrs = dict(_cell(token))
        for inner in token.children or ():
            if inner.type == "link_open":
                inner.attrs = dict(_link(str(inner.attrs.get("href", "")), name))


def _cell(token: Token) -> Iterator[tuple[str, str]]:
    if token.tag == "th":
        yield "scope", "col"
    aligned = _ALIGNED.get(str(token.attrs.get("style", "")))
    if aligned:
        yield "class", aligned


def _anchor(inline: Token) -> str:
    """The anchor that the documentation's own site gives a heading."""
    text = "".join(one.content for one in inline.children or () if one.type in {"text", "code_inline"})
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _link(target: str, name: str) -> Iterator[tuple[str, str | int | float]]:
    """Where a link of the page `name` leads. A file that is no page of the help has no address here."""
    path, mark, part = target.partition("#")
    if re.match(r"https?://", target):
        yield from (("href", target), ("rel", "noreferrer"))
    elif not path:
        yield "href", target
    else:
        page = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(".md")
        if page in sources():
            yield "href", address(page) + mark + part


def address(name: str) -> str:
    """Where a page of the help is."""
    return HELP if name == START else f"{HELP}/{name}"
