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


def test_a_curve_without_a_miss_is_drawn_without_a_warning(tmp_path: Path) -> None:
    some = np.array([0.01, 0.1])
    flawless = Curves(some, np.zeros(2), np.zeros(0), np.zeros(0))
    draw(tmp_path / "none.svg", sealed=flawless, plain=flawless, title="too few photos to miss one")
    assert (tmp_path / "none.svg").read_text().count("<!-- no error to show") == 2
    draw(tmp_path / "det.svg", sealed=flawless, plain=CURVES, title="only sealed without a miss")
    assert "<!-- sealed" in (tmp_path / "det.svg").read_text()


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
