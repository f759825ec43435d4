"""What every check of this folder does with what it finds: print one line each, and fail if there is one."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path


def run(check: Callable[[Path], Iterable[str]], passed: str) -> int:
    """Exit status of a check as a command: 1 and every finding on standard error, or 0 and the sentence `passed`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="repository to check")
    found = list(check(parser.parse_args().root))
    for finding in found:
        print(finding, file=sys.stderr)
    if not found:
        print(passed)
    return 1 if found else 0
