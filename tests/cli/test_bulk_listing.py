"""What folders, files and manifests turn into."""

import os
from pathlib import Path

import pytest

from facekeep.cli.bulk.listing import Facts, LeftOut, Listed, common_facts, list_photos, person_of
from facekeep.errors import BadInput


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_folder_names_its_people(tmp_path) -> None:
    for name in ("b.jpg", "Ana_Maria_Lopez/1.jpg", "Ana_Maria_Lopez/older/0.jpg", "Ben/2.jpg", "Ben/.hidden"):
        write(tmp_path / name)
    found = [
        (str(one.path.relative_to(tmp_path)), one.facts.person)
        for one in list_photos([tmp_path], Facts(person="given", license="CC0"))
        if isinstance(one, Listed)
    ]
    assert found == [
        ("b.jpg", "given"),
        ("Ana_Maria_Lopez/1.jpg", "Ana Maria Lopez"),
        ("Ana_Maria_Lopez/older/0.jpg", "Ana Maria Lopez"),
        ("Ben/2.jpg", "Ben"),
    ]


def test_links_and_special_files_are_left_out_with_a_reason(tmp_path) -> None:
    outside = write(tmp_path / "outside" / "secret.jpg")
    folder = tmp_path / "people"
    (folder / "Ana").mkdir(parents=True)
    (folder / "Ana" / "link.jpg").symlink_to(outside)
    (folder / "Linked").symlink_to(outside.parent)
    os.mkfifo(folder / "Ana" / "pipe.jpg")
    found = list(list_photos([folder, tmp_path / "missing.jpg", Path("nul\0.jpg")], Facts()))
    assert all(isinstance(one, LeftOut) for one in found)
    assert {(Path(one.where).name, one.code, one.reason) for one in found} == {
        ("link.jpg", "not_a_file", "a symbolic link"),
        ("Linked", "not_a_file", "a symbolic link"),
        ("pipe.jpg", "not_a_file", "not a regular file"),
        ("missing.jpg", "unreadable", "No such file or directory"),
        ("nul\0.jpg", "unreadable", "not a possible file name"),
    }


def test_a_manifest_goes_before_what_holds_for_all(tmp_path) -> None:
    write(tmp_path / "photos" / "a.jpg")
    manifest = write(
        tmp_path / "list.csv",
        b"path,person,source,captured_at\nphotos/a.jpg,Ana,,2020\nphotos/none.jpg,Ben,,\nphotos/a.jpg,Cai,,bad\n",
    )
    listed, missing, bad = list_photos([manifest], Facts(person="all", source="archive"))
    assert isinstance(listed, Listed)
    assert listed.facts == Facts(person="Ana", source="archive", captured_at="2020")
    assert (missing.code, bad.code, bad.where) == ("unreadable", "invalid_row", f"{manifest}, row 4")


def test_dates_from_the_command_line_are_checked() -> None:
    assert common_facts(captured_at="2026-01", person=None).captured_at == "2026-01"
    with pytest.raises(BadInput, match="retain_until"):
        common_facts(retain_until="soon")


def test_names_of_folders() -> None:
    assert person_of("Ana__Maria_ Lopez") == "Ana Maria Lopez"
