"""Run a repository check as the command it is, over a small tree made for the test."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def check() -> Callable[[str, Path], tuple[int, str]]:
    """A function from the name of a check and a root to its exit status and everything it printed."""

    def run(name: str, root: Path) -> tuple[int, str]:
        command = [sys.executable, str(REPOSITORY / f"tools/{name}.py"), "--root", str(root)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def plant(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A function that writes files under a fresh root and returns that root."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return write
