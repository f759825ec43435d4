"""The versions that `facekeep doctor` calls tested are those of the lock. Run as a script, this writes them anew."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINS = ROOT / "src" / "facekeep" / "service" / "doctor" / "pins.txt"
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def locked() -> str:
    text = "".join((ROOT / "requirements" / f"{name}.txt").read_text() for name in ("runtime", "models"))
    lines = {f"{re.sub(r'[-_.]+', '-', one['name']).lower()}=={one['version']}" for one in PIN.finditer(text)}
    return "\n".join(sorted(lines)) + "\n"


def test_the_pins_are_the_locks() -> None:
    assert PINS.read_text() == locked()


if __name__ == "__main__":
    PINS.write_text(locked())
    print(f"wrote {PINS}")
