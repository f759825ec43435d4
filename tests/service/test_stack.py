"""Clearing what returned calls left on the stack, in any thread, without harm to what runs."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from planted_keep import planted_word

from facekeep.service.drill import traces
from facekeep.service.drill.scanning import Scanner
from facekeep.service.stack import clear_stack

# Encoding a short text that is not ASCII leaves its bytes in a buffer on the stack.
_PROGRAM = """
import sys, threading, time
from facekeep.service.stack import clear_stack
rest = threading.Lock()
rest.acquire()
def work(clear, word):
    (word + "é").encode()
    if clear:
        clear_stack()
    rest.acquire()
word = bytes(code ^ 1 for code in bytes.fromhex(sys.argv[1])).decode()
thread = threading.Thread(target=work, args=(sys.argv[2] == "clear", word), daemon=True)
thread.start()
time.sleep(0.5)
print("done", flush=True)
sys.stdin.read()
"""


def _stack_shows(word: str, how: str) -> bool:
    hidden = bytes(code ^ 1 for code in word.encode()).hex()
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, hidden, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"done\n"
        found = Scanner(traces.of_text("word", word)).in_process(process.pid)
        stacks = _stacks(process.pid)
        process.stdin.close()
    return any(low <= one.offset < high for one in found for low, high in stacks)


def _stacks(pid: int) -> list[tuple[int, int]]:
    """The spans of the stacks: the system calls that threads wait in say where their stack pointers are."""
    pointers = [
        int(task.joinpath("syscall").read_text().split()[-2], 16) for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    spans = [line.split()[0].split("-") for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    found = [(int(low, 16), int(high, 16)) for low, high in spans]
    return [span for span in found if any(span[0] <= pointer < span[1] for pointer in pointers)]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="reads another process's memory as root")
def test_what_a_call_left_is_gone_after_clearing() -> None:
    word = planted_word()
    assert _stack_shows(word, "leave"), "control: without clearing it is there"
    assert not _stack_shows(word, "clear")


def test_clearing_harms_nothing_that_runs() -> None:
    totals: list[int] = []

    def work() -> None:
        total = 0
        for number in range(300):
            total += len(str([number] * 50).encode())
            clear_stack()
        totals.append(total)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert len(set(totals)) == 1
    assert len(totals) == 7
