import gc
import os

import numpy as np
import pytest

from facekeep.search.mapping import map_file


@pytest.fixture
def mapped(tmp_path):
    """A map of a file whose descriptor is closed and whose name is gone."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 64)
    with path.open("rb") as file:
        view = map_file(file.fileno())
    path.unlink()
    return view


def _mapped_here(name: str) -> bool:
    with open("/proc/self/maps") as maps:
        return name in maps.read()


def test_a_map_shows_the_file_after_it_was_closed_and_removed(mapped):
    assert bytes(mapped) == bytes(range(256)) * 64


def test_a_map_cannot_be_written(mapped):
    assert mapped.readonly
    with pytest.raises(TypeError):
        mapped[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        np.frombuffer(mapped, np.int16)[0] = 1


def test_a_map_lives_as_long_as_any_view_and_no_longer(mapped, tmp_path):
    array = np.frombuffer(mapped, np.int16, offset=512)[10:20].reshape(2, 5)
    expected = array.tobytes()
    view = mapped[3:]
    del mapped
    gc.collect()
    assert _mapped_here(str(tmp_path))
    assert array.tobytes() == expected
    assert view[0] == 3


def test_the_last_view_takes_the_map_along(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10_000)
    with path.open("rb") as file:
        array = np.frombuffer(map_file(file.fileno()), np.uint8)[5:]
    assert _mapped_here(str(path))
    del array
    assert not _mapped_here(str(path))


def test_an_empty_file_is_an_empty_view(tmp_path):
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open("rb") as file:
        assert bytes(map_file(file.fileno())) == b""


def test_what_cannot_be_mapped_is_an_operating_system_error(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="No such device"):
            map_file(descriptor)
    finally:
        os.close(descriptor)
