"""Keys come from the operating system, never from a generator that can be seeded or guessed.

Sealing with a predictable secret is a readable gallery, so the rule is a contract and not a review remark. That the
check finds what it should is tested beside it, in `tests/tools`.
"""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_no_predictable_randomness_in_the_rooms_that_handle_keys():
    command = [sys.executable, str(REPOSITORY / "tools/check_randomness.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
