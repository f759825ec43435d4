"""Compiled kernels come from a cache on disk that other processes fill at the same time."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import facekeep

pytestmark = [pytest.mark.nightly]

CHECK = "from facekeep.sealed.secret import require_known_answers; require_known_answers()"


def checked(cache: Path, package: Path = Path(facekeep.__file__).parent) -> subprocess.CompletedProcess[str]:
    """Ask for known answers in a process of its own, which reads and fills `cache`."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(package.parent)}
    return subprocess.run([sys.executable, "-c", CHECK], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", range(6))
def test_a_cache_that_another_process_has_filled_in_part_gives_the_same_code(tmp_path: Path, number: int) -> None:
    assert checked(tmp_path).returncode == 0
    kernels = sorted(tmp_path.rglob("*.nbc"))
    for path in random.Random(number).sample(kernels, len(kernels) // 2):
        path.unlink()
    for _ in range(2):  # the second reads what the first has added
        assert checked(tmp_path).returncode == 0


def test_processes_that_start_at_once_on_an_empty_cache_compute_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    started = [subprocess.Popen([sys.executable, "-c", CHECK], env=environment) for _ in range(4)]
    assert [process.wait(300) for process in started] == [0] * 4
    assert checked(tmp_path).returncode == 0


def test_code_that_was_compiled_from_another_release_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "release" / "facekeep"
    shutil.copytree(Path(facekeep.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    module = package / "sealed" / "secret" / "transform.py"
    right = module.read_text()
    module.write_text(right.replace("low + high, low - high", "low - high, low + high"))
    assert "wrong scores" in checked(tmp_path / "cache", package).stderr
    module.write_text(right)  # what calls it was not touched, and comes from the cache as it was
    assert "wrong scores" in checked(tmp_path / "cache", package).stderr
    shutil.rmtree(tmp_path / "cache")
    assert checked(tmp_path / "cache", package).returncode == 0
