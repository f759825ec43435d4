"""The DET plot: drawn without a display, refused early, and never without its warning."""

from pathlib import Path

import numpy as np
import pytest

from facekeep.errors import BadInput
from facekeep.service.evaluate.plot import check_plot_path, draw
from facekeep.service.evaluate.side import Curves

CURVES = Curves(np.array([0.01, 0.1, 1]), np.array([0.3, 0.1, 0.05]), np.array([1e-4, 1e-2]), np.array([0.2, 0.1]))


def test_a_plot_shows_both_sides_and_says_what_it_is_no_proof_of(tmp_path: Path) -> None:
    draw(tmp_path / "det.svg", sealed=CURVES, plain=CURVES, title="12 photos of 4 people")
    drawn = (tmp_path / "det.svg").read_text()
    for words in ("sealed", "plain", "12 photos of 4 people", "Not proof of fitness"):
        assert f"<!-- {words}" in drawn


def test_a_png_is_drawn_too(tmp_path: Path) -> None:
    draw(tmp_path / "det.png", sealed=CURVES, plain=CURVES, title="a test")
    assert (tmp_path / "det.png").read_bytes().startswith(b"\x89PNG")


def test_an_ending_that_cannot_be_drawn_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        check_plot_path(tmp_path / "det.doc")


def test_a_missing_matplotlib_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(BadInput, match="matplotlib"):
        check_plot_path(Path("det.png"))
