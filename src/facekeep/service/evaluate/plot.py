"""A DET plot, sealed and plain in one picture: miss rates over false alarm rates, both logarithmic."""

from pathlib import Path
from typing import Any

from facekeep.errors import BadInput, Code
from facekeep.service.evaluate.metrics import Scores
from facekeep.service.evaluate.side import Curves

_CAPTION = (
    "Not proof of fitness for commercial or operational use. LFW-like press photographs: children, people over 80,\n"
    "women and many ethnic groups are under-represented."
)
_FORMATS = {".png", ".svg", ".pdf"}


def check_plot_path(path: Path) -> None:
    """Make sure, before a long run, that a plot can be drawn to `path`.

    Raises
    ------
    BadInput
        `invalid_request`: matplotlib is not installed, or the ending is none of png, svg, pdf.
    """
    if path.suffix.lower() not in _FORMATS:
        raise BadInput(Code.INVALID_REQUEST, f"a plot ends in one of {', '.join(sorted(_FORMATS))}")
    _matplotlib_figure()


def draw(path: Path, *, sealed: Curves, plain: Curves, title: str) -> None:
    """Write the plot to `path`."""
    figure = _matplotlib_figure()(figsize=(10, 5.4), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    for curves, name, width in ((plain, "plain", 4.0), (sealed, "sealed", 1.2)):
        left.step(*_shown(curves.fpir, curves.fnir), where="post", label=name, linewidth=width)
        right.step(*_shown(curves.fmr, curves.fnmr), where="post", label=name, linewidth=width)
    _axes(left, "FPIR (strangers who get a candidate)", "FNIR (mated searches missed)", "1:N, one photo enrolled")
    _axes(right, "FMR (pairs of strangers that match)", "FNMR (genuine pairs missed)", "1:1")
    figure.supxlabel(_CAPTION, fontsize=8)
    figure.savefig(path, dpi=150)


def _shown(alarms: Scores, misses: Scores) -> tuple[Scores, Scores]:
    """The points that logarithmic axes can show; those at zero would be infinitely far away."""
    positive = (alarms > 0) & (misses > 0)
    return alarms[positive], misses[positive]


def _axes(axes: Any, across: str, up: str, title: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel=up, title=title)
    if not any(len(line.get_xdata()) for line in axes.lines):
        axes.set(xlim=(1e-4, 1), ylim=(1e-4, 1))
        axes.text(0.5, 0.5, "no error to show", transform=axes.transAxes, ha="center")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()


def _matplotlib_figure() -> Any:
    """The class of a figure that needs no display. The import is late: only those who plot need the package."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise BadInput(Code.INVALID_REQUEST, "a plot needs matplotlib: pip install 'facekeep[evaluate]'") from error
    return Figure
