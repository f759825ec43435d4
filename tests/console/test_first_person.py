from pathlib import Path

import pytest
from browsing import reader
from keep_process import KeepProcess, running_keep
from playwright.sync_api import Browser, expect

from facekeep.service.first_person import console_address, first_link


def test_the_first_person_joins_by_the_link_that_was_shown_last(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_keep(tmp_path) as keep:
        monkeypatch.setenv("FACEKEEP_CONFIG", str(keep.config_dir))
        earlier, link = first_link(keep.settings), first_link(keep.settings)
        assert earlier is not None
        assert link is not None
        with reader(browser, keep) as robin:
            robin.page.goto(earlier)
            expect(robin.page.get_by_role("alert")).to_contain_text("Nothing valid was given")
        with reader(browser, keep) as robin:
            robin.page.goto("about:blank")
            robin.page.goto(link)
            robin.page.get_by_role("button", name="Make a passkey and join").click()
            expect(robin.page.get_by_role("navigation", name="Places")).to_be_visible()
        assert first_link(keep.settings) is None


def test_without_a_saved_key_there_is_no_link(
    keep: KeepProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path))
    assert first_link(keep.settings) is None
    assert console_address(keep.settings) == f"http://localhost:{keep.port}/console"
