"""The randomness check finds every spelling of a predictable generator, in each room that handles keys."""

import pytest

CLEAN = {
    "src/facekeep/sealed/secret.py": "def seal(*, seed: bytes) -> bytes:\n    return seed\n",
    "src/facekeep/vault/keys.py": "import secrets\n\ndef fresh() -> bytes:\n    return secrets.token_bytes(32)\n",
    "src/facekeep/ledger/tree.py": "import hashlib\nimport os\n\nos.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')\n",
    "src/facekeep/faces/quality.py": "import numpy as np\n\nnoise = np.random.default_rng(1)\n",
}


def test_clean_rooms_pass_and_other_rooms_are_not_judged(check, plant):
    assert check("check_randomness", plant(CLEAN))[0] == 0


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from random import shuffle",
        "import numpy.random as r",
        "from numpy import random",
        "from numpy.random import default_rng",
        "import numpy as np\nx = np.random.bytes(32)",
        "import importlib\nx = importlib.import_module('random')",
        "x = __import__('numpy.random')",
        "from scipy.stats import norm",
        "import scipy\nx = scipy.stats.norm.rvs(size=3)",
        "import os\nseed = os.environ['SEED']",
        "import os\nseed = os.getenv('SEED')",
        "import os\nseed = os.environ.setdefault('SEED', '1')",
        "from os import environ",
        "def f():\n    from random import randbytes\n    return randbytes(32)",
    ],
)
def test_planted_generator_is_found_in_every_room(check, plant, line):
    planted = [f"src/facekeep/{room}/planted.py" for room in ("sealed", "vault", "ledger")]
    status, output = check("check_randomness", plant({**CLEAN, **dict.fromkeys(planted, line + "\n")}))
    assert status == 1
    assert all(name in output for name in planted)


def test_empty_room_is_no_success(check, plant):
    files = {name: text for name, text in CLEAN.items() if "/vault/" not in name}
    status, output = check("check_randomness", plant(files))
    assert (status, "src/facekeep/vault: nothing to check" in output) == (1, True)
