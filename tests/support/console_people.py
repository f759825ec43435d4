"""Fixtures: one keep and one Chromium for tests of the console; each test has browsers of its own people."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from browsing import Reader, chromium, invitation, reader, running_browser
from keep_process import KeepProcess, running_keep
from playwright.sync_api import Browser, sync_playwright

from facekeep.service import organizations


@pytest.fixture(scope="session")
def console_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepProcess]:
    chromium()  # without one nothing is started
    with running_keep(tmp_path_factory.mktemp("console")) as one:
        yield one


@pytest.fixture(scope="module")
def console_keep(console_processes: KeepProcess, request: pytest.FixtureRequest) -> KeepProcess:
    """The running keep, with the key of an organization of the module's own, so that modules do not meet."""
    settings, name = console_processes.settings, f"Test organization {request.node.name}"
    added = organizations.add_organization(settings, name=name, admin="Test member", is_program=True)
    return replace(console_processes, api_key=added.api_key)


@pytest.fixture(scope="module")  # a running one has an event loop of its own, which other modules' would meet
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, running_browser(playwright) as one:
        yield one


@pytest.fixture
def somebody(console_keep: KeepProcess, browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Makes people at browsers of their own, not signed in."""
    with ExitStack() as stack:
        yield lambda **look: stack.enter_context(reader(browser, console_keep, **look))


@pytest.fixture
def member(console_keep: KeepProcess, somebody: Callable[..., Reader]) -> Callable[..., Reader]:
    """Makes members with these roles (all, unless told), who joined by their one-time link and are signed in."""

    def make(*roles: str, name: str = "Robin Reader", **look: bool) -> Reader:
        one = somebody(**look)
        one.join(invitation(console_keep, *roles, name=name))
        return one

    return make
