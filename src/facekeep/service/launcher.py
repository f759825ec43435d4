"""Start a module so that it ends with the process that wanted it: `python -m facekeep.service.launcher PID MODULE …`.

The kernel sends SIGTERM to this process when its parent dies in whatever way, kill -9 included (Linux `prctl(2)`,
`PR_SET_PDEATHSIG`; the setting survives `execve`). It watches the parent's *thread*: start children from a thread that
lives as long as they should. Elsewhere than on Linux a killed supervisor leaves its children running.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to the parent PID, then become `python -m MODULE …`."""
    parent, module, *rest = arguments
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != int(parent):
        sys.exit("the process that started this one is gone")
    os.execv(sys.executable, [sys.executable, "-m", module, *rest])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
