"""A small evaluation on real faces through the whole product: vault process, store, search, faces worker."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from facekeep.errors import BadInput
from facekeep.service.evaluate import CAVEAT, run_evaluation
from facekeep.vault.score_meaning import parse_table

MATED, SINGLE = 24, 20  # a score table needs about so many
RATES = {"rank1", "rank1_leave_one_out", "tar_at_fmr", "fnir_at_fpir", "gallery"}


@pytest.fixture
def some_people(real_faces: Path, tmp_path: Path) -> Path:
    """The first people of the real set: links to two photos each of `MATED`, to one each of `SINGLE`."""
    return linked(real_faces, tmp_path / "people", MATED, SINGLE)


@pytest.fixture
def few_people(real_faces: Path, tmp_path: Path) -> Path:
    """As few as an evaluation takes."""
    return linked(real_faces, tmp_path / "few people", 2, 2)


def linked(real_faces: Path, folder: Path, mated: int, alone: int) -> Path:
    people = sorted((real_faces / "people").iterdir())
    several = [person for person in people if len(list(person.iterdir())) > 1][:mated]
    single = [person for person in people if len(list(person.iterdir())) == 1][:alone]
    for person in several + single:
        (folder / person.name).mkdir(parents=True)
        for photo in sorted(person.iterdir())[:2]:
            (folder / person.name / photo.name).symlink_to(photo)
    return folder


def test_the_product_recognizes_real_people_sealed_as_well_as_plain(some_people: Path, tmp_path: Path) -> None:
    out, plot, table = (tmp_path / name for name in ("report.json", "det.svg", "table.json"))
    steps: list[tuple[str, int, int]] = []
    report = run_evaluation(
        some_people,
        seed=1,
        trials=2,
        json_path=out,
        plot_path=plot,
        table_path=table,
        source="a test",
        workers=1,
        progress=lambda *step: steps.append(step),
    )

    assert (report.photos, report.people) == (2 * MATED + SINGLE, MATED + SINGLE)
    assert report.detection_rate == 1.0
    for side in (report.sealed, report.plain):
        assert side.rank1 >= 0.9
        assert side.rank1_leave_one_out >= 0.9
        assert side.tar_at_fmr["1e-2"] >= 0.9
        assert side.fnir_at_fpir["0.1"] <= 0.1
        assert side.gallery == MATED - 3 + SINGLE // 2
    assert report.sealed.rank1 == pytest.approx(report.plain.rank1, abs=0.03)
    assert report.sealed.tar_at_fmr["1e-2"] == pytest.approx(report.plain.tar_at_fmr["1e-2"], abs=0.03)
    assert report.sealed.intervals != report.plain.intervals or report.sealed.thresholds != report.plain.thresholds

    written = json.loads(out.read_bytes())
    assert written["caveat"] == CAVEAT
    assert set(written["sealed"]) >= RATES
    assert set(written["plain"]) >= RATES
    assert set(written["sealed"]["tar_at_fmr"]) == {"1e-2", "1e-3", "1e-4"}
    assert set(written["sealed"]["fnir_at_fpir"]) == {"0.01", "0.1"}
    assert parse_table(table.read_bytes()).people == MATED + SINGLE
    assert "<svg" in plot.read_text()
    for file in (out, plot, table):
        text = file.read_text()
        assert not any(person.name in text for person in some_people.iterdir())
    assert {what for what, done, of in steps if done == of} == {"photos", "plain", "sealed"}


def test_nothing_stays_behind(few_people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a folder nor a process, even when the run fails in the middle."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    def fail(what: str, done: int, of: int) -> None:
        if what == "sealed":
            raise KeyboardInterrupt

    with TemporaryDirectory(prefix="fk-") as temporary:
        monkeypatch.setenv("TMPDIR", temporary)
        monkeypatch.setattr("tempfile.tempdir", None)
        with pytest.raises(KeyboardInterrupt):
            run_evaluation(few_people, seed=1, trials=1, workers=1, progress=fail)
        assert list(Path(temporary).iterdir()) == []
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_a_plot_that_cannot_be_drawn_is_refused_at_once(few_people: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        run_evaluation(few_people, seed=1, plot_path=tmp_path / "det.doc")


def test_no_trial_is_no_evaluation(few_people: Path) -> None:
    with pytest.raises(BadInput):
        run_evaluation(few_people, seed=1, trials=0)
