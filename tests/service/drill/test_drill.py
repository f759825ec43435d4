"""A whole drill, with real processes."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from keep_process import running_keep

from facekeep.service import demo
from facekeep.service.drill.declared import TIERS, TRIES
from facekeep.service.drill.report import verified
from facekeep_sdk import Client


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_every_tier_is_as_declared(tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("reading the memory of other processes needs root on Linux")
    if not (demo.default_cache() / demo.ARCHIVE).exists():
        pytest.skip("the demo photographs were not fetched")
    with running_keep(tmp_path) as keep:
        command = [sys.executable, "-m", "facekeep.cli.main", "drill", "--json", "--out", str(tmp_path / "drill.json")]
        command += ["--record", "--data", str(keep.data_dir)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with Client(keep.base_url, keep.api_key) as client:
            key = client.checkpoint().verifier_key
    assert done.returncode == 0, done.stdout + done.stderr
    assert "entered there as entry" in done.stderr
    report = verified((tmp_path / "drill.json").read_bytes(), expected_key=key)
    assert {one.tier: one.outcome for one in report.tiers} == {one.name: one.expected for one in TIERS.values()}
    assert {try_.attempt for one in report.tiers for try_ in one.measured} == {one.name for one in TRIES.values()}
    assert msgspec.json.decode(done.stdout)["verifier_key"] == key
