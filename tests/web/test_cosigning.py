"""A keep whose checkpoints a witness signs, all of them real processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

import pytest
from keep_process import KeepProcess, free_port, wait_until

from facekeep.service.witness.signing import load_or_make
from facekeep_sdk import Client, LogTampered
from facekeep_sdk.errors import NotCosigned

NAME = "witness.example"


class KeepAndWitness:
    """The keep, and a witness on another port that knows its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keep = KeepProcess(folder / "keep", folder / "config")
        self.port = free_port()
        self.witness: subprocess.Popen[str] | None = None
        self.key = ""

    def create(self) -> None:
        self.keep.create()
        with Client(self.keep.base_url, self.keep.api_key) as client:
            self.log_key = client.check_log().checkpoint.verifier_key
        self.start_witness()
        settings = self.keep.data_dir / "keep.toml"
        told = f'[[log.witnesses]]\nurl = "http://127.0.0.1:{self.port}"\nkey = "{self.key}"\n'
        settings.write_text(settings.read_text() + told)
        self.keep.stop_server()
        self.keep.start_server()

    def start_witness(self) -> None:
        arguments = ["--listen", f"127.0.0.1:{self.port}", "--state", str(self.folder / "state"), "--name", NAME]
        command = [sys.executable, "-c", "from facekeep.cli.main import main; main()", "log", "witness", *arguments]
        self.witness = subprocess.Popen(
            [*command, "--origin-key", self.log_key, "--json"], stdout=subprocess.PIPE, text=True
        )
        assert self.witness.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            told += self.witness.stdout.readline()
        self.key = json.loads(told)["witness_key"]

    def stop(self) -> None:
        if self.witness is not None:
            with self.witness:  # closes its pipe
                self.witness.kill()
        self.keep.stop()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepAndWitness]:
    made = KeepAndWitness(tmp_path_factory.mktemp("witnessed"))
    try:
        made.create()
        yield made
    finally:
        made.stop()


def test_checkpoints_are_cosigned_and_the_command_line_says_so(both: KeepAndWitness) -> None:
    with Client(both.keep.base_url, both.keep.api_key) as client:
        first = client.cosigned_checkpoint([both.key])
        wait_until(lambda: client.check_log().size > client_size(first.checkpoint.note), "no further checkpoint", 20)
        assert client.cosigned_checkpoint([both.key]).checkpoint.note != first.checkpoint.note
    told = both.keep.cli("log", "checkpoint", "--witness-key", both.key)
    assert told.returncode == 0, told.stderr
    assert f"cosigned by {NAME} at " in told.stdout


def client_size(note: str) -> int:
    return int(note.split("\n")[1])


def test_a_witness_that_did_not_sign_is_missed(both: KeepAndWitness, tmp_path: Path) -> None:
    other = load_or_make(tmp_path, "another.example").public.text
    with Client(both.keep.base_url, both.keep.api_key) as client, pytest.raises(NotCosigned):
        client.cosigned_checkpoint([other], patience_s=0)


def test_a_keep_set_back_to_yesterday_gets_no_signature_and_says_why(both: KeepAndWitness) -> None:
    keep = both.keep
    keep.stop()
    copytree(keep.data_dir, both.folder / "yesterday", ignore=ignore_patterns("run"))
    keep.start()
    with Client(keep.base_url, keep.api_key) as client:
        before = client.check_log().size
        wait_until(lambda: client_size(client.cosigned_checkpoint([both.key]).checkpoint.note) > before + 8, "grew", 30)
    keep.stop()
    rmtree(keep.data_dir)
    copytree(both.folder / "yesterday", keep.data_dir)
    keep.start()
    with Client(keep.base_url, keep.api_key) as client, pytest.raises(LogTampered):
        client.cosigned_checkpoint([both.key], patience_s=2)
    wait_until(lambda: '"log_altered"' in keep.log_path.read_text(), "nobody was told", 20)
