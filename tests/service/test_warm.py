"""What runs once before the first request."""

from types import SimpleNamespace

import pytest

from facekeep.service import warm
from facekeep.settings import SearchSettings


def test_one_probe_and_many_are_scanned_and_no_worker_is_troubled(monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = []
    monkeypatch.setattr(warm, "scan_blocks", lambda blocks, probes, out, threads: scanned.append(probes.shape))
    faces = SimpleNamespace(contract=SimpleNamespace(dimension=128))
    warm.warm_up(SimpleNamespace(faces=faces, settings=SimpleNamespace(search=SearchSettings())))  # type: ignore[arg-type]
    assert scanned == [(1, 128), (16, 128)]
