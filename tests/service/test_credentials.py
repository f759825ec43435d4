"""Secrets lie beside the keep, readable by nobody else, and never in the data folder."""

from pathlib import Path

import pytest

from facekeep.errors import BadInput
from facekeep.service import credentials
from facekeep.settings import HttpSettings, Settings, load


@pytest.fixture
def settings(tmp_path: Path, monkeypatch) -> Settings:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "config"))
    return load(tmp_path / "keep")


def test_everything_made_is_the_owners_alone(settings) -> None:
    credentials.make_data_dir(settings)
    saved = credentials.save(settings, "fk_secret")
    for path in (settings.data_dir, settings.run_dir, credentials.config_dir(), saved.parent, saved):
        assert path.stat().st_mode & 0o077 == 0
    assert not saved.is_relative_to(settings.data_dir)
    assert not any(b"fk_secret" in path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())


def test_what_was_saved_is_loaded_and_not_shown(settings) -> None:
    credentials.make_data_dir(settings)
    credentials.save(settings, "fk_secret")
    loaded = credentials.load(settings)
    assert (loaded.url, loaded.api_key) == ("http://127.0.0.1:8470", "fk_secret")
    assert "fk_secret" not in repr(loaded)


def test_the_keep_id_stays(settings) -> None:
    credentials.make_data_dir(settings)
    before = credentials.keep_dir(settings)
    credentials.make_data_dir(settings)
    assert credentials.keep_dir(settings) == before


def test_a_loose_data_folder_is_closed(settings) -> None:
    settings.data_dir.mkdir(mode=0o755)
    credentials.make_data_dir(settings)
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_sockets_that_is_a_link_is_refused(settings, tmp_path) -> None:
    settings.data_dir.mkdir()
    (tmp_path / "elsewhere").mkdir()
    settings.run_dir.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="link"):
        credentials.make_data_dir(settings)


def test_keys_inside_the_data_folder_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "keep" / "config"))
    with pytest.raises(BadInput, match="keys must not"):
        credentials.make_data_dir(load(tmp_path / "keep"))
    assert not (tmp_path / "keep").exists()


@pytest.mark.parametrize("untrusted_id", ["", "../../etc", "a/b", "x" * 65])
def test_a_damaged_keep_id_leads_nowhere(settings, untrusted_id) -> None:
    credentials.make_data_dir(settings)
    (settings.data_dir / "keep-id").write_text(untrusted_id)
    with pytest.raises(BadInput):
        credentials.keep_dir(settings)


def test_without_a_keep_or_credentials_the_reader_is_told(settings) -> None:
    with pytest.raises(BadInput, match="no keep"):
        credentials.load(settings)
    credentials.make_data_dir(settings)
    with pytest.raises(BadInput, match="credentials"):
        credentials.load(settings)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:1"), ("0.0.0.0", "http://127.0.0.1:1"), ("::1", "http://[::1]:1")],
)
def test_addresses(tmp_path, host, url) -> None:
    assert credentials.base_url(Settings(tmp_path, http=HttpSettings(host=host, port=1))) == url


def test_the_standard_folder_follows_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("FACEKEEP_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert credentials.config_dir() == tmp_path / "facekeep"
