"""A thief of the data folder, or of the memory of the idle server and its workers, reads no name, photo or template.

The vault is the stated exception: while it is open, whoever reads its memory reads everything. Here that is the proof
that the search for traces finds what is there.
"""

import gzip
import os
import socket
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from keep_process import KeepProcess, running_keep, wait_until
from planted_keep import Planted, half_a_request, planted_word

from facekeep.service.drill import traces
from facekeep.service.drill.scanning import Finding, Scanner
from facekeep.service.drill.traces import Trace
from facekeep.service.processes import WIPING_ALLOCATOR

pytestmark = pytest.mark.timeout(300)

# The server tidies its memory after 5 idle seconds. A worker that has seen a photo ends after 1 here; what then remains
# is the one that stands ready and has seen none.
_SETTINGS = "[faces]\nidle_seconds_before_renewal = 1.0\n"
_REST_S = 8.0
_TIDY_WITHIN_S = 20.0


@dataclass
class Idle:
    """A keep that was used and then left alone, and what must not be found in it."""

    keep: KeepProcess
    scanner: Scanner
    seen_while_busy: list[Finding]


@pytest.fixture(scope="module")
def idle(real_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idle]:
    folder = tmp_path_factory.mktemp("readable")
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("reading the memory of other processes needs root on Linux")
    people = sorted(one for one in (real_faces / "people").iterdir() if len(list(one.iterdir())) >= 3)[:4]
    planted = Planted([path for one in people for path in sorted(one.iterdir())[:2]])
    with running_keep(folder, toml=_SETTINGS) as keep:
        with keep.client() as client:
            planted.use(client)
        wanted = planted.traces(keep.api_key, folder / "cache")
        scanner = Scanner(wanted)
        busy = _interrupted_upload(keep, planted, scanner)
        time.sleep(_REST_S)
        wait_until(lambda: len(keep.worker_pids) == 1, "the worker that had seen photos did not end", 60)
        yield Idle(keep, scanner, busy)


def _interrupted_upload(keep: KeepProcess, planted: Planted, scanner: Scanner) -> list[Finding]:
    """What is found in the server while half of an upload is in it."""
    with socket.create_connection(("127.0.0.1", keep.port)) as connection:
        connection.sendall(half_a_request(keep, planted))
        time.sleep(1)
        return scanner.in_process(keep.server_pid)


def _summary(found: list[Finding]) -> dict[str, int]:
    return dict(Counter(f"{one.label} in {one.place}" for one in found).most_common(20))


def test_no_file_of_the_data_folder_says_anything(idle: Idle) -> None:
    found = idle.scanner.in_folder(idle.keep.data_dir)
    assert not found, _summary(found)
    assert {"vault", "store", "cache"} <= {path.name for path in idle.keep.data_dir.iterdir()}


def test_the_servers_own_lines_say_nothing(idle: Idle) -> None:
    written = idle.keep.log_path.read_bytes()
    assert written.count(b'"event": "request"') > 15
    assert not idle.scanner.in_bytes(written, "lines")


def test_the_idle_server_remembers_nothing(idle: Idle) -> None:
    deadline = time.monotonic() + _TIDY_WITHIN_S
    while (found := idle.scanner.in_process(idle.keep.server_pid)) and time.monotonic() < deadline:
        time.sleep(1)  # a busy machine has not come to it yet
    assert not found, _summary(found)


def test_the_idle_workers_remember_nothing(idle: Idle) -> None:
    assert idle.keep.worker_pids
    for pid in idle.keep.worker_pids:
        found = idle.scanner.in_process(pid)
        assert not found, _summary(found)


def test_control_a_busy_server_is_readable(idle: Idle) -> None:
    """The same search over the same process, while it held half a request, found the words, the photo and the key."""
    labels = {one.label.split(" as ")[0] for one in idle.seen_while_busy}
    assert {"first name", "legal basis", "API key"} <= labels
    assert any(label.startswith("photo ") for label in labels)


def test_control_the_open_vault_is_readable(idle: Idle) -> None:
    """The stated exception: a live, open vault reads everything, and so does whoever reads its memory."""
    labels = {one.label.split(" as ")[0] for one in idle.scanner.in_process(idle.keep.vault_pid)}
    assert labels & {"first name", "second name"}
    assert any(label.startswith("template ") for label in labels)


def test_the_processes_run_with_the_wiping_allocator(idle: Idle) -> None:
    """The server by its launcher's environment; the workers, which get an environment of their own, by that."""
    wanted = {f"PYTHONMALLOC={WIPING_ALLOCATOR['PYTHONMALLOC']}"}
    for pid in (idle.keep.server_pid, *idle.keep.worker_pids):
        environment = Path(f"/proc/{pid}/environ").read_text()
        entries = set(environment.replace("GLIBC_TUNABLES=", "").replace(":", "\0").split("\0"))  # glibc splits it too
        assert wanted | set(WIPING_ALLOCATOR["GLIBC_TUNABLES"].split(":")) <= entries


# ---- controls of the search itself -----------------------------------------------------------------------------------


def _planted_traces() -> tuple[dict[str, bytes], list[Trace]]:
    """Bytes that hold something readable, by the label they must be found under."""
    word = planted_word("é")
    template = np.random.default_rng(3).normal(size=128).astype(np.float32)
    template /= np.linalg.norm(template)
    photo = np.random.default_rng(4).bytes(9_000)
    pixels = np.random.default_rng(5).integers(0, 256, (40, 40, 3), np.uint8)
    planted = {f"word as {name}": encoded for name, encoded in traces.text_encodings(word).items()}
    planted |= {f"face as {name}": kept[0] for name, kept in traces.template_encodings(template).items()}
    planted |= {"photo as bytes": photo, "photo as HEX": photo.hex().upper().encode()}
    planted |= {"photo as RGB pixels": pixels.tobytes(), "photo as BGR pixels": pixels[..., ::-1].tobytes()}
    wanted = traces.of_text("word", word) + traces.of_template("face", template)
    return planted, wanted + traces.of_photo("photo", photo) + traces.of_pixels("photo", pixels)


def test_control_every_encoding_is_found_in_a_file(tmp_path: Path) -> None:
    planted, wanted = _planted_traces()
    for number, (label, content) in enumerate(planted.items()):
        (tmp_path / str(number)).write_bytes(os.urandom(5_000 + number) + content + os.urandom(100))
        found = Scanner(wanted).in_folder(tmp_path)
        assert label in {one.label for one in found if one.place == str(number)}


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda data: zlib.compress(data, 9)])
def test_control_compressed_content_is_found(pack, tmp_path: Path) -> None:
    planted, wanted = _planted_traces()
    (tmp_path / "dump").write_bytes(os.urandom(3_000) + pack(b"before " + planted["word as utf-8"] * 5) + b"after")
    assert [one.place for one in Scanner(wanted).in_folder(tmp_path)].count("dump, compressed") >= 5


def test_control_a_readable_file_name_is_found(tmp_path: Path) -> None:
    word = planted_word()
    (tmp_path / word).touch()
    assert Scanner(traces.of_text("word", word)).in_folder(tmp_path)


def test_control_noise_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(os.urandom(4 << 20))
    assert not Scanner(_planted_traces()[1]).in_folder(tmp_path)


def test_control_every_encoding_is_found_in_the_memory_of_a_process() -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    planted, wanted = _planted_traces()
    hold = "import sys; held = sys.stdin.buffer.read(int(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    content = b"\n".join(planted.values())
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(len(content))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(content)
        holder.stdin.flush()
        assert holder.stdout.readline() == b"held\n"
        found = {one.label for one in Scanner(wanted).in_process(holder.pid)}
        holder.stdin.close()
    assert set(planted) <= found
