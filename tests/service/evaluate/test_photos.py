"""Reading a folder a person."""

from pathlib import Path

import pytest

from facekeep.errors import BadInput
from facekeep.service.evaluate.photos import read_set


def make_set(folder: Path, people: dict[str, int]) -> Path:
    for name, photos in people.items():
        (folder / name).mkdir(parents=True)
        for number in range(photos):
            (folder / name / f"{number}.jpg").write_bytes(b"not looked at here")
    return folder


def test_people_are_numbered_by_name_and_other_files_are_passed_over(tmp_path: Path) -> None:
    folder = make_set(tmp_path, {"b": 2, "a": 1, "c": 3, "d": 1, "empty": 0})
    (folder / "readme.txt").write_text("x")
    (folder / "a" / "notes.txt").write_text("x")
    (folder / "a" / "UPPER.JPG").write_bytes(b"x")
    found = read_set(folder)
    assert found.labels.tolist() == [0, 0, 1, 1, 2, 2, 2, 3]
    assert found.people == 4
    assert [path.parent.name for path in found.paths] == ["a", "a", "b", "b", "c", "c", "c", "d"]


@pytest.mark.parametrize("people", [{}, {"a": 2, "b": 2, "c": 1}, {"a": 2, "b": 1, "c": 1, "d": 1}])
def test_a_set_that_cannot_answer_anything_is_refused(tmp_path: Path, people: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        read_set(make_set(tmp_path, people))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_set(tmp_path / "nowhere")
