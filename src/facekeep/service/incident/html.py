"""A report as one HTML file that carries everything and runs nothing, made to be printed; notices by the same."""

from collections.abc import Sequence
from html import escape

from facekeep.service.incident import figure
from facekeep.service.incident.notices.notice import MARKED
from facekeep.service.incident.report import Report
from facekeep.service.incident.words import Section, sections

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><title>%s</title>
<style>
body{font:14px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;break-after:avoid}
table{border-collapse:collapse;width:100%%;font-size:12px}
td,th{border:1px solid #ccc;padding:.25rem .4rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#eef1f6}tr{break-inside:avoid}mark{background:#ffd54a;font-weight:bold}
svg{width:100%%;height:auto}@media print{body{margin:0}}
</style></head><body>
"""


def page(report: Report) -> str:
    """The page. Everything that comes from the report is escaped."""
    parts = [_section(one, level=1 if at == 0 else 2) for at, one in enumerate(sections(report))]
    drawing = f'<figure role="img" aria-label="timeline">{figure.svg(report)}</figure>'
    drawn = f"<h2>Timeline</h2>\n{drawing}\n{_moments(report)}"
    return _whole("Report of an incident", [parts[0], drawn, *parts[1:]])


def sheet(title: str, sections: Sequence[Section]) -> str:
    """A notice as a page. Everything is escaped; what a person must write stands out."""
    parts = [_section(one, level=1 if at == 0 else 2) for at, one in enumerate(sections)]
    return _whole(title, [MARKED.sub(r"<mark>\g<0></mark>", one) for one in parts])


def _whole(title: str, parts: Sequence[str]) -> str:
    return _HEAD % escape(title) + "\n".join(parts) + "\n</body></html>\n"


def _section(one: Section, *, level: int) -> str:
    said = "\n".join(f"<p>{escape(text)}</p>" for text in one.sentences)
    return f"<h{level}>{escape(one.title)}</h{level}>\n{said}\n{_table(one.rows)}"


def _moments(report: Report) -> str:
    rows = [
        (one.at, one.what, one.customer or "-", "-" if one.entry is None else str(one.entry))
        for one in report.timeline.moments
    ]
    return _table((("at", "what", "customer", "entry"), *rows))


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table>{f'<tr>{head}</tr>' if any(rows[0]) else ''}\n{body}</table>"
