"""`facekeep up`: run a keep on this machine until Ctrl-C."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from facekeep.cli.banners import show_new_keep, warn_of_trial
from facekeep.cli.gate import accept_option, enter_in_log, pass_gate
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, say
from facekeep.service import administration, credentials, processes
from facekeep.service.administration import NewKeep
from facekeep.service.first_person import console_address, first_link
from facekeep.service.processes import TRIAL, FirstKeep
from facekeep.service.supervisor import Supervisor
from facekeep.settings import Settings


@click.command()
@click.option("--organization", default=TRIAL.organization, help="Name for a keep made at the first start.")
@click.option("--member", default=TRIAL.member, help="Name of its first member.")
@accept_option
@common
def command(options: Options, organization: str, member: str, accepted: tuple[str, ...]) -> None:
    """Run the vault and the server until Ctrl-C.

    An empty data folder becomes a trial keep, which opens itself with a key file. Make a keep for real photos with
    `facekeep init --unseal passphrase` or `--unseal shares` first. Where `facekeep doctor` finds a blocker, nothing is
    started unless --accept says why.
    """
    settings = options.settings()
    credentials.make_data_dir(settings)
    taken = pass_gate(options, settings, accepted)
    with running(settings, FirstKeep(organization, member), as_json=options.as_json) as (supervisor, stop):
        if not stop.is_set():
            enter_in_log(settings, taken)
            announce(settings, as_json=options.as_json)
        supervisor.watch(stop)
        note("stopping")


@contextmanager
def running(
    settings: Settings, first: FirstKeep, *, as_json: bool = False
) -> Iterator[tuple[Supervisor, threading.Event]]:
    """Both processes, started, and the event that Ctrl-C or SIGTERM sets; stopped at the end of the block."""

    def show(made: NewKeep) -> None:
        if not as_json:
            show_new_keep(made)

    with (
        processes.lock(settings),
        _stop_signal() as stop,
        processes.keep_supervisor(settings, first, show, note) as supervisor,
    ):
        supervisor.start(stop)
        yield supervisor, stop


def announce(settings: Settings, *, as_json: bool) -> None:
    """Say where the keep answers, and what is still to be done."""
    vault, url = administration.state(settings), credentials.base_url(settings)
    if as_json:
        told = {"url": url, "console": console_address(settings), "state": vault.state, "trial": vault.is_trial}
        emit_json({**told, "data": str(settings.data_dir)})
        return
    if vault.is_trial:
        warn_of_trial(settings)
    say(f"facekeep runs at {url} (API under {url}/v1, data in {settings.data_dir})")
    if vault.state == "sealed":
        say("the vault is sealed; open it with: facekeep vault unseal")
    _lead_to_console(settings, may_show=vault.state == "open" and (vault.is_trial or sys.stdout.isatty()))
    say("Ctrl-C stops it")


def _lead_to_console(settings: Settings, *, may_show: bool) -> None:
    """Say where people sign in; while nobody can, how the first one does, unless that would end in a service's log."""
    link = first_link(settings) if may_show else None
    say(f"the console is at {console_address(settings)}")
    if link is not None:
        say("", "Nobody has joined yet. This link works once, for whoever is to be the first:", "", f"  {link}", "")


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
