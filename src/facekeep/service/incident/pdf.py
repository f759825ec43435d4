"""A report as PDF, with the same words and the same figure as the page; notices by the same.

Needs `reportlab`, which is loaded here and never by an idle keep.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from facekeep.service.incident import figure
from facekeep.service.incident.notices.notice import MARKED
from facekeep.service.incident.report import Report
from facekeep.service.incident.words import Section, sections

if TYPE_CHECKING:
    from reportlab.lib.styles import StyleSheet1

_WIDTHS = {2: (110.0, 390.0), 3: (110.0, 110.0, 280.0), 4: (110.0, 170.0, 130.0, 90.0), 6: (110, 75, 95, 40, 90, 90)}


def document(report: Report) -> bytes:
    """The PDF file of a report."""
    return _built(f"Report of incident {report.incident.incident_id}", lambda styles: _flow(report, styles))


def sheet(title: str, sections: Sequence[Section]) -> bytes:
    """The PDF file of a notice; what a person must write stands out."""
    return _built(title, lambda styles: _plain_flow(sections, styles))


def _built(title: str, flow: Callable[["StyleSheet1"], Iterator[Any]]) -> bytes:
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415
    from reportlab.platypus import SimpleDocTemplate  # noqa: PLC0415

    written = io.BytesIO()
    styles = getSampleStyleSheet()
    styles["BodyText"].fontSize, styles["BodyText"].leading = 8, 10
    paper = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=46, rightMargin=46, title=title, author="facekeep", invariant=1
    )
    paper.build(list(flow(styles)))
    return written.getvalue()


def _flow(report: Report, styles: "StyleSheet1") -> Iterator[Any]:
    from reportlab.platypus import Paragraph  # noqa: PLC0415

    for at, one in enumerate(sections(report)):
        yield from _section(one, styles, "Title" if at == 0 else "Heading2")
        if at == 0:
            yield Paragraph("Timeline", styles["Heading2"])
            yield figure.drawing(report)


def _plain_flow(sections: Sequence[Section], styles: "StyleSheet1") -> Iterator[Any]:
    for at, one in enumerate(sections):
        yield from _section(one, styles, "Title" if at == 0 else "Heading2")


def _text(text: str) -> str:
    return MARKED.sub(r'<font backColor="#ffd54a"><b>\g<0></b></font>', escape(text))


def _section(one: Section, styles: "StyleSheet1", heading: str) -> Iterator[Any]:
    from reportlab.platypus import Paragraph, Spacer  # noqa: PLC0415

    yield Paragraph(escape(one.title), styles[heading])
    for text in one.sentences:
        yield Paragraph(_text(text), styles["BodyText"])
    if one.rows:
        yield Spacer(1, 4)
        yield _table(one.rows, styles)


def _table(rows: tuple[tuple[str, ...], ...], styles: "StyleSheet1") -> Any:
    from reportlab.lib.colors import HexColor  # noqa: PLC0415
    from reportlab.platypus import LongTable, Paragraph, TableStyle  # noqa: PLC0415

    shown = [row for row in rows if any(row)]
    cells = [[Paragraph(_text(cell), styles["BodyText"]) for cell in row] for row in shown]
    table = LongTable(cells, colWidths=_WIDTHS[len(rows[0])], repeatRows=1 if any(rows[0]) else 0)
    grid = ("GRID", (0, 0), (-1, -1), 0.4, HexColor("#bbbbbb"))
    table.setStyle(TableStyle([grid, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table
