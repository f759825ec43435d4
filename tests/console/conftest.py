"""The keep of these tests is the console's own, shared by all of them."""

import pytest
from keep_process import KeepProcess


@pytest.fixture(scope="session")
def keep(console_keep: KeepProcess) -> KeepProcess:
    return console_keep
