"""A whole drill, with real processes."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from facekeep.service import demo
from facekeep.service.drill.declared import TIERS
from facekeep.service.drill.report import verified


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_every_tier_is_as_declared(tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("reading the memory of other processes needs root on Linux")
    if not (demo.default_cache() / demo.ARCHIVE).exists():
        pytest.skip("the demo photographs were not fetched")
    command = [sys.executable, "-m", "facekeep.cli.main", "drill", "--json", "--out", str(tmp_path / "drill.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = verified((tmp_path / "drill.json").read_bytes())
    assert {one.tier: one.outcome for one in report.tiers} == {one.name: one.expected for one in TIERS.values()}
    assert msgspec.json.decode(done.stdout)["verifier_key"] == report.verifier_key
