"""The license check passes over reviewed packages and fails where the review is missing, stale or says no.

It judges installed packages, so these tests use ones that the development environment has: `pytest` (MIT), `numpy`
(whose license file speaks of the GPL) and `pymerkle` (GPL: a test oracle that may never be shipped).
"""

from importlib.metadata import version
from pathlib import Path

import pytest

PYTEST = 'declared = "MIT"\nlicense = "MIT"\n'


def tree(locked: dict[str, str], rows: str) -> dict[str, str]:
    """A repository that ships `locked` (name to marker) and has reviewed `rows`."""
    pins = [f"{name}=={version('pytest')}{marker} \\\n" for name, marker in locked.items()]
    return {
        "requirements/runtime.txt": "".join(pins),
        "requirements/models.txt": "",
        "tools/licenses.toml": rows,
    }


def test_reviewed_package_passes(check, plant):
    assert check("check_licenses", plant(tree({"pytest": ""}, f"[pytest]\n{PYTEST}")))[0] == 0


def test_package_of_another_platform_needs_a_row_but_no_installation(check, plant):
    only_elsewhere = tree({"nowhere-installed": " ; sys_platform == 'none'"}, f"[nowhere-installed]\n{PYTEST}")
    assert check("check_licenses", plant(only_elsewhere))[0] == 0


@pytest.mark.parametrize(
    ("locked", "rows", "said"),
    [
        ("pytest", "", "pytest: nobody has reviewed"),
        ("pytest", f"[pytest]\n{PYTEST}[click]\n{PYTEST}", "click: a reviewed row for a package that is not shipped"),
        ("pytest", '[pytest]\ndeclared = "BSD"\nlicense = "BSD"\n', "pytest: declares 'MIT'"),
        ("pytest", '[pytest]\ndeclared = "MIT"\nlicense = "AGPL-3.0"\n', "does not ship"),
        ("nowhere-installed", f"[nowhere-installed]\n{PYTEST}", "not installed"),
    ],
)
def test_missing_stale_or_forbidden_review_is_found(check, plant, locked, rows, said):
    status, output = check("check_licenses", plant(tree({locked: ""}, rows)))
    assert status == 1
    assert said in output


def test_gpl_package_is_refused_whatever_its_row_says(check, plant):
    row = '[pymerkle]\ndeclared = "anything"\nlicense = "MIT"\ngpl_mention = "it is fine"\n'
    status, output = check("check_licenses", plant(tree({"pymerkle": ""}, row)))
    assert (status, "a license that facekeep does not ship" in output) == (1, True)


def test_mention_of_the_gpl_needs_a_reason(check, plant):
    reviewed = (Path(__file__).parents[2] / "tools/licenses.toml").read_text()
    declared = reviewed.split("[numpy]\n")[1].splitlines()[0]
    row = f'[numpy]\n{declared}\nlicense = "BSD-3-Clause"\n'
    assert "mentions the GPL" in check("check_licenses", plant(tree({"numpy": ""}, row)))[1]
    assert check("check_licenses", plant(tree({"numpy": ""}, f'{row}gpl_mention = "libgfortran"\n')))[0] == 0
