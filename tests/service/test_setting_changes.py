"""Changing one setting leaves the rest of keep.toml as people wrote it, and never writes what would not be read."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import FacekeepError
from facekeep.service.setting_changes import add_witness, set_setting, unset_setting
from facekeep.settings import Settings, load

BEFORE = """# ours
[http]
port = 9000  # behind the proxy
host = "10.0.0.7"

[[log.witnesses]]
url = "https://witness.example"
key = "k"

[log]
bucket = 8
"""


@pytest.fixture
def keep(tmp_path: Path) -> Settings:
    (tmp_path / "keep.toml").write_text(BEFORE)
    (tmp_path / "keep.toml").chmod(0o640)
    return load(tmp_path)


def text(keep: Settings) -> str:
    return (keep.data_dir / "keep.toml").read_text()


def test_one_line_changes_and_every_other_stays(keep: Settings) -> None:
    set_setting(keep, "http.host", "127.0.0.1")
    assert load(keep.data_dir).http.host == "127.0.0.1"
    assert [line for line in BEFORE.splitlines() if "host" not in line] == [
        line for line in text(keep).splitlines() if "host" not in line
    ]
    assert (keep.data_dir / "keep.toml").stat().st_mode & 0o777 == 0o640


def test_a_new_section_is_made_and_a_new_file(tmp_path: Path) -> None:
    set_setting(load(tmp_path), "doctor.accepted.one-machine", "nobody else is root")
    assert load(tmp_path).doctor.accepted == {"one-machine": "nobody else is root"}
    assert (tmp_path / "keep.toml").stat().st_mode & 0o777 == 0o600


def test_unset_takes_tables_out_too(keep: Settings) -> None:
    unset_setting(keep, "log.witnesses")
    assert load(keep.data_dir).log.witnesses == ()
    unset_setting(keep, "log.bucket")
    assert load(keep.data_dir).log.bucket == 32


def test_a_witness_is_added_to_those_that_are_there(keep: Settings) -> None:
    add_witness(keep, "https://other.example", "k2")
    assert [one.url for one in load(keep.data_dir).log.witnesses] == ["https://witness.example", "https://other.example"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("http.hots", "x"), ("http.port", "many"), ("http", "x"), ("http.host\nport", "1"), ("log.witnesses.url", "x")],
)
def test_what_would_not_be_read_is_not_written(keep: Settings, name: str, value: str) -> None:
    with pytest.raises(FacekeepError):
        set_setting(keep, name, value)
    assert text(keep) == BEFORE


def test_a_setting_over_several_lines_is_left_to_people(tmp_path: Path) -> None:
    before = '[webhooks]\nallow_networks = [\n  "10.0.0.0/8",\n]\n'
    (tmp_path / "keep.toml").write_text(before)
    with pytest.raises(FacekeepError):
        set_setting(load(tmp_path), "webhooks.allow_networks", "[]")
    assert (tmp_path / "keep.toml").read_text() == before


def test_a_link_in_the_place_of_the_new_file_is_not_written_through(keep: Settings, tmp_path: Path) -> None:
    (keep.data_dir / "keep.toml.new").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match=r"keep\.toml\.new"):
        set_setting(keep, "http.port", "1")
    assert not (tmp_path / "target").exists()


@given(st.text(max_size=100))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    folder = tmp_path_factory.mktemp("keep")
    try:
        expected = msgspec.toml.decode(f"value = {value}".encode())["value"]
    except (msgspec.DecodeError, UnicodeEncodeError):
        expected = value
    try:
        set_setting(load(folder), "vault.server_user", value)
    except (FacekeepError, UnicodeEncodeError):
        return
    assert load(folder).vault.server_user == expected
