"""A vault in this process, with people who sign in."""

from pathlib import Path

import pytest
from town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)
