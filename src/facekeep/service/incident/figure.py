"""The timeline as a figure, drawn once: SVG for the page, and the same drawing in the PDF.

Needs `reportlab`, which is loaded when a report is written and never by an idle keep.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from facekeep.service.incident.report import Moment, Report

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Drawing

WIDTH = 500.0
_LEFT, _RIGHT, _ROW, _TOP = 12.0, 12.0, 15.0, 34.0
_MOST = 40


def drawing(report: Report) -> "Drawing":
    """The timeline, points wide and high: the time asked about, and each moment at its place with its words below."""
    from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String  # noqa: PLC0415
    from reportlab.lib.colors import HexColor  # noqa: PLC0415

    moments = chosen(report)
    height = _TOP + _ROW * len(moments) + 16
    begin, end = _ends(report, moments)
    figure = Drawing(WIDTH, height)
    ink, soft, mark = HexColor("#222222"), HexColor("#d7dde8"), HexColor("#a33a2a")
    axis = height - _TOP + 12

    def x(at: str) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (_seconds(at) - begin) / max(1.0, end - begin)

    begins_at, ends_at = report.question.begins_at, report.question.ends_at
    figure.add(Rect(x(begins_at), axis - 5, max(1.0, x(ends_at) - x(begins_at)), 10, fillColor=soft, strokeColor=None))
    figure.add(Line(_LEFT, axis, WIDTH - _RIGHT, axis, strokeColor=ink, strokeWidth=0.8))
    figure.add(String(_LEFT, height - 10, f"asked about, shaded: {begins_at} to {ends_at}", fontSize=7, fillColor=ink))
    for row, one in enumerate(moments):
        y = axis - _ROW * (row + 1)
        figure.add(Line(x(one.at), axis, x(one.at), y + 3, strokeColor=mark, strokeWidth=0.4))
        figure.add(Circle(x(one.at), axis, 2.2, fillColor=mark, strokeColor=None))
        text = f"{one.at}  {one.what}"
        is_right = x(one.at) > WIDTH / 2
        anchor, at = ("end", x(one.at) - 3) if is_right else ("start", x(one.at) + 3)
        figure.add(String(at, y, text, fontSize=7, fillColor=ink, textAnchor=anchor))
    return figure


def svg(report: Report) -> str:
    """The figure as an SVG element."""
    from reportlab.graphics import renderSVG  # noqa: PLC0415

    whole = str(renderSVG.drawToString(drawing(report)))
    return whole[whole.index("<svg") :]


def chosen(report: Report) -> list[Moment]:
    """The moments that are drawn: all, or the first so many where there are too many."""
    return list(report.timeline.moments[:_MOST])


def _ends(report: Report, moments: Sequence[Moment]) -> tuple[float, float]:
    every = [report.question.begins_at, report.question.ends_at, *(one.at for one in moments)]
    return min(map(_seconds, every)), max(map(_seconds, every))


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
