"""The keep of these tests is the console's own; each file has an organization of its own in it."""

import pytest
from keep_process import KeepProcess


@pytest.fixture(scope="module")
def keep(console_keep: KeepProcess) -> KeepProcess:
    return console_keep
