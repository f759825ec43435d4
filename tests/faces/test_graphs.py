from pathlib import Path

import pytest

from facekeep.faces.graphs import runnable
from facekeep.faces.registry import locate

AXES = {2: "height", 3: "width"}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return Path(locate("", tmp_path_factory.mktemp("models")).detector_path).read_bytes()


def test_cache_is_used_while_whole_and_replaced_when_altered(tmp_path, stored):
    first = runnable(stored, symbolic_axes=AXES, cache_dir=tmp_path)
    (place,) = tmp_path.glob("*.onnx")
    whole = place.read_bytes()
    assert whole[32:] == first
    place.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert runnable(stored, symbolic_axes=AXES, cache_dir=tmp_path) == first
    assert place.read_bytes() == whole


def test_a_whole_cache_is_not_computed_again(tmp_path, stored, monkeypatch):
    first = runnable(stored, symbolic_axes=AXES, cache_dir=tmp_path)
    monkeypatch.setattr("facekeep.faces.repair.repair", lambda *_, **__: pytest.fail("repaired twice"))
    assert runnable(stored, symbolic_axes=AXES, cache_dir=tmp_path) == first


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path, stored):
    (tmp_path / "file").write_bytes(b"")
    assert runnable(stored, symbolic_axes=AXES, cache_dir=tmp_path / "file")
