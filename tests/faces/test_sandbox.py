import platform
import signal
import subprocess
import sys

import pytest

from facekeep.faces.sandbox import call_filter

CONFINED = "from facekeep.faces import sandbox; import os, socket, sys, threading; sandbox.before_loading(); " + (
    "measures = sandbox.close(max_memory_bytes=2_000_000_000); "
)
has_filter = pytest.mark.skipif(
    sys.platform != "linux" or call_filter(platform.machine()) is None, reason="no system call list for this machine"
)


def _outcome(act):
    """What `act` raised in a confined process, by class name; "done" when it succeeded."""
    attempt = (
        f"try:\n    {act}\n    outcome = 'done'\nexcept BaseException as error:\n    outcome = type(error).__name__\n"
    )
    code = f"{CONFINED}\n{attempt}"
    whole = [sys.executable, "-c", code + "print(outcome)"]
    shown = subprocess.run(whole, capture_output=True, check=False, text=True)
    return shown.stdout.strip()


@has_filter
@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/hostname')",
        "open('/dev/shm/note', 'w')",
        "os.listdir('/')",
        "os.stat('/')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "os.pipe()",
        "os.memfd_create('x')",
        "os.unshare(0x10000000) if hasattr(os, 'unshare') else os.chdir('/')",
    ],
)
def test_a_confined_process_reaches_nothing(act):
    assert _outcome(act) in {"PermissionError", "OSError"}


@has_filter
def test_a_confined_process_may_still_compute_and_start_threads():
    assert _outcome("t = threading.Thread(target=lambda: bytes(10**7)); t.start(); t.join()") == "done"


def test_memory_is_limited():
    assert _outcome("bytes(3_000_000_000)") == "MemoryError"


def test_processor_time_is_limited():
    code = "from facekeep.faces.sandbox import renew_cpu_limit; renew_cpu_limit(1)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == -signal.SIGXCPU


def test_there_is_no_list_for_an_unknown_machine():
    assert call_filter("pdp11") is None
