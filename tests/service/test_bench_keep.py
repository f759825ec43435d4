"""The bench of a whole keep counts honestly; its figures at this size are not a test's business."""

import mmap
import os
import subprocess
import sys
from collections import namedtuple
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from facekeep.cli.main import run as facekeep
from facekeep.errors import FacekeepError
from facekeep.service import bench_keep
from facekeep.service.bench_keep import KeepFigures
from facekeep.service.bench_keep.gallery import Gallery, SyntheticFaces
from facekeep.service.bench_keep.memory import Process, held_together, mapped_bytes, process_of, processes_of
from facekeep.service.bench_keep.timed import Clock


@pytest.mark.nightly  # the load test fills and searches a whole keep in every run
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_small_keep_is_enrolled_searched_restarted_and_weighed(tmp_path: Path, capfd) -> None:
    path = tmp_path / "figures.json"
    arguments = ["--templates", "3000", "--dimension", "16", "--searches", "3", "--threads", "1", "--json", str(path)]
    assert facekeep(["bench", "keep", *arguments]) == 0
    figures = msgspec.json.decode(path.read_bytes(), type=KeepFigures)
    assert (figures.templates, figures.dimension, figures.threads, figures.searches) == (3000, 16, 1, 3)
    assert figures.candidates == 10
    assert figures.enroll_per_second > 0
    assert figures.enroll_ms_a_batch.whole > figures.enroll_ms_a_batch.seal > 0
    for times in (figures.search_ms, figures.first_search_ms, figures.after_enroll_ms, figures.after_forget_ms):
        parts = msgspec.to_builtins(times)
        assert all(part > 0 for part in parts.values())
        assert max(parts.values()) == parts["whole"]
    assert (figures.faiss_ms is None) == (figures.ratio is None)
    memory = figures.memory_mb
    idle = [memory.idle_supervisor, memory.idle_vault, memory.idle_server, memory.idle_workers]
    assert all(part > 5 for part in idle)
    assert max(idle) < memory.idle_keep <= sum(idle)
    assert memory.vault_peak >= memory.vault > 5
    assert 3000 * 32 / 1e6 <= memory.index + 0.05 < 2
    heavier = max(memory.vault, memory.vault_reopened)
    assert memory.keep == pytest.approx(memory.idle_keep - memory.idle_vault + heavier + memory.index, abs=0.3)
    assert 10 < figures.store_disk_mb < 100
    assert 1 < figures.vault_disk_mb < 100
    assert "memory_mb.keep" in capfd.readouterr().out


def test_no_room_is_said_before_anything_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(free=10_000_000_000))
    monkeypatch.setattr("facekeep.service.bench_keep.idle.weigh", lambda _: pytest.fail("a keep was started"))
    with pytest.raises(FacekeepError, match=r"1000000 faces need 15072 MB in .* where 10000 MB are free") as refused:
        bench_keep.run(report=lambda _: None)
    assert refused.value.code == "disk_full"


def test_the_gallery_is_of_unit_length_always_the_same_and_has_ten_faces_near_each_probe() -> None:
    gallery = Gallery(dimension=128, templates=5000, probes=4)
    batches = list(gallery.batches())
    assert [len(batch) for batch in batches] == [2048, 2048, 904]
    every = np.concatenate(batches)
    assert np.array_equal(every, np.concatenate(list(gallery.batches())))
    assert np.linalg.norm(every, axis=1) == pytest.approx(1, abs=1e-5)
    near = every @ np.stack([gallery.probe(number) for number in range(4)]).T > 0.75
    assert near.sum(axis=0).tolist() == [10, 10, 10, 10]
    places = np.flatnonzero(near.any(axis=1)).tolist()
    assert {after - before for before, after in pairwise(places)} == {125}


def test_a_synthetic_photo_shows_one_face_with_its_own_template() -> None:
    template = Gallery(dimension=16, templates=1, probes=1).probe(0)
    (analysis,) = SyntheticFaces(16).analyze([template.tobytes()])
    assert np.array_equal(analysis.faces[0].template, template)
    analysis.faces[0].template.fill(0)
    assert template.any()


def test_a_clock_adds_up_by_name_and_begins_anew_when_it_was_read() -> None:
    clock = Clock()
    for name in ("one", "one", "two"):
        with clock.counting(name):
            sum(range(10_000))
    spent = clock.take()
    assert spent["one"] > 0
    assert spent["two"] > 0
    assert spent["three"] == 0
    assert clock.take()["one"] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_that_of_the_processes_that_name_a_folder_and_of_their_children(tmp_path: Path) -> None:
    program = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']); print(flush=True); input()"
    command = [sys.executable, "-c", program, str(tmp_path)]
    held = bytearray(os.urandom(30_000_000))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = processes_of(tmp_path)
        name = Path(sys.executable).name
        assert sorted(one.module for one in found) == ["", name]
        assert process_of(tmp_path, name) == Process(process.pid, name)
        assert all(1e6 < one.bytes_held <= one.peak_bytes for one in found)
        me = Process(os.getpid(), "")
        assert me.bytes_held > held_together([me]) - 1_000_000 > len(held)
        assert max(one.bytes_held for one in found) - 1_000_000 < held_together(found)
        assert held_together(found) < sum(one.bytes_held for one in found)
        assert held_together([me, me]) - held_together([me]) > len(held)
        process.kill()
    with pytest.raises(FacekeepError):
        process_of(tmp_path, name)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_only_mapped_files_under_the_folder_are_counted(tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(bytes(1_048_576))
    with (tmp_path / "inside" / "file").open("rb") as inner, (tmp_path / "outside" / "file").open("rb") as outer:
        maps = [mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) for file in (inner, outer)]
        assert [sum(one[:]) for one in maps] == [0, 0]
        assert mapped_bytes(tmp_path / "inside") == 1_048_576
        assert mapped_bytes(tmp_path) == 2 * 1_048_576
        for one in maps:
            one.close()
    assert mapped_bytes(tmp_path) == 0
