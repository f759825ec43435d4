"""The supervisor with small child programs: order, restarts, stopping, and what happens when it is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from facekeep.errors import Code, Refused, Unavailable
from facekeep.service.supervisor import Patience, Program, Supervisor

QUICK = Patience(startup_s=20.0, first_delay_s=0.01, longest_delay_s=0.05, stop_s=5.0)
CHILD = """
import os, signal, sys, time
from pathlib import Path

folder, name, *traits = sys.argv[1:]
mine = Path(folder, name)


def write(kind, number):
    mine.with_suffix(".new").write_text(str(number))
    mine.with_suffix(".new").replace(mine.with_suffix(kind))


runs = int(mine.with_suffix(".runs").read_text()) + 1 if mine.with_suffix(".runs").exists() else 1
write(".runs", runs)
if "fails" in traits or ("fails-once" in traits and runs == 1):
    sys.exit(3)
if "stubborn" in traits:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in traits:
    grandchild = os.fork()
    if grandchild == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    write(".grandchild", grandchild)
write(".pid", os.getpid())
time.sleep(60)
"""


class Children:
    """Small programs in a folder, which write their pid when they are ready."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "small_child.py").write_text(CHILD)

    def number(self, name: str, kind: str = "pid") -> int:
        path = self.folder / f"{name}.{kind}"
        return int(path.read_text()) if path.exists() else 0

    def program(self, name: str, *traits: str, started: Callable[[], None] = lambda: None) -> Program:
        return Program(
            name,
            "small_child",
            (str(self.folder), name, *traits),
            ready=lambda: self.number(name) != 0,
            started=started,
            environment={"PYTHONPATH": str(self.folder)},
        )


@pytest.fixture
def children(tmp_path: Path) -> Children:
    return Children(tmp_path)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in 20 s"
        time.sleep(0.02)


def test_programs_start_in_order_and_each_is_told_when_it_is_ready(children) -> None:
    events: list[str] = []

    def first_started() -> None:
        events.append("first")
        assert children.number("second") == 0

    programs = [
        children.program("first", started=first_started),
        children.program("second", started=lambda: events.append("second")),
    ]
    with Supervisor(programs, print, QUICK) as supervisor:
        supervisor.start()
        pids = [children.number("first"), children.number("second")]
        assert all(alive(pid) for pid in pids)
        assert os.getsid(pids[0]) == pids[0]  # a Ctrl-C in the terminal does not reach it
    assert events == ["first", "second"]
    assert not any(alive(pid) for pid in pids)


def test_a_crash_is_reported_and_the_program_started_again(children) -> None:
    said: list[str] = []
    starts: list[int] = []
    stop = threading.Event()
    program = children.program("only", started=lambda: starts.append(children.number("only")))

    def crash_then_stop() -> None:
        eventually(lambda: len(starts) == 1)
        (children.folder / "only.pid").unlink()
        os.kill(starts[0], signal.SIGKILL)
        eventually(lambda: len(starts) == 2)
        eventually(lambda: "the only is up again" in said)
        stop.set()

    other = threading.Thread(target=crash_then_stop)
    with Supervisor([program], said.append, QUICK) as supervisor:
        supervisor.start()
        other.start()
        supervisor.watch(stop)  # the thread that starts children must be the one that lives on
        assert alive(starts[1])
    other.join()
    assert starts[0] != starts[1]
    assert said[0].startswith("the only ended (signal 9); starting it again in")


def test_a_restarted_program_that_cannot_be_opened_is_reported_and_kept(children) -> None:
    said: list[str] = []
    stop = threading.Event()

    def started() -> None:
        if children.number("only", "runs") == 2:
            stop.set()
            raise Refused(Code.UNSEAL_REFUSED, "the key file cannot be read")

    with Supervisor([children.program("only", started=started)], said.append, QUICK) as supervisor:
        supervisor.start()
        pid = children.number("only")
        (children.folder / "only.pid").unlink()
        os.kill(pid, signal.SIGKILL)
        supervisor.watch(stop)
        assert alive(children.number("only"))
    assert "the key file cannot be read" in said[-1]


def test_a_program_that_fails_once_is_tried_again(children) -> None:
    with Supervisor([children.program("only", "fails-once")], print, QUICK) as supervisor:
        supervisor.start()
        assert children.number("only", "runs") == 2


def test_a_program_that_never_starts_is_given_up_and_nothing_is_left(children) -> None:
    programs = [children.program("good"), children.program("bad", "fails")]
    with (
        pytest.raises(Unavailable, match="the bad did not start"),
        Supervisor(programs, print, QUICK) as supervisor,
    ):
        supervisor.start()
    assert children.number("bad", "runs") == QUICK.first_starts
    assert not alive(children.number("good"))


def test_stopping_ends_the_stubborn_and_their_children(children) -> None:
    patience = Patience(startup_s=20.0, stop_s=0.2)
    with Supervisor([children.program("only", "stubborn", "parent")], print, patience) as supervisor:
        supervisor.start()
        pids = [children.number("only"), children.number("only", "grandchild")]
        assert all(alive(pid) for pid in pids)
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_children_end_with_a_supervisor_that_is_killed(children) -> None:
    program = (
        "import sys, threading; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from facekeep.service.supervisor import Program, Supervisor\n"
        "ready = Path(sys.argv[1], 'only.pid').exists\n"
        "path = {'PYTHONPATH': sys.argv[1]}\n"
        "program = Program('only', 'small_child', (sys.argv[1], 'only'), ready, environment=path)\n"
        "supervisor = Supervisor([program], print)\n"
        "supervisor.start(); supervisor.watch(threading.Event())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(children.folder)]) as supervisor:
        eventually(lambda: children.number("only") != 0)
        pid = children.number("only")
        assert alive(pid)
        supervisor.kill()
    eventually(lambda: not alive(pid))


def test_a_child_does_not_start_for_a_parent_that_is_gone() -> None:
    command = [sys.executable, "-m", "facekeep.service.launcher", "1", "this"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is gone" in done.stderr


def test_stop_before_ready_ends_the_start(children) -> None:
    stop = threading.Event()
    stop.set()
    program = Program("never", "small_child", (str(children.folder), "never"), lambda: False,
                      environment={"PYTHONPATH": str(children.folder)})  # fmt: skip
    with Supervisor([program], print, QUICK) as supervisor:
        supervisor.start(stop)


def test_delays_double_up_to_a_limit() -> None:
    patience = Patience(first_delay_s=0.5, longest_delay_s=30.0)
    assert [patience.delay_s(crashes) for crashes in (1, 2, 3, 7, 1000)] == [0.5, 1.0, 2.0, 30.0, 30.0]
