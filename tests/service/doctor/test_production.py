"""The example of docs/production.md, built and running: the doctor finds nothing on it."""

import ctypes
import os
from dataclasses import replace

import pytest
from production import Production

from facekeep.service.doctor.examine import examine
from facekeep.service.doctor.finding import Needs
from facekeep.service.doctor.logbook import checkpoint_old, witness_refuses
from facekeep.service.doctor.registry import CHECKS


def _watches_are_left() -> bool:
    """Whether the machine lets one more program watch files; a busy one may have run out."""
    handle = ctypes.CDLL(None).inotify_init1(0)
    if handle >= 0:
        os.close(handle)
    return handle >= 0


def test_the_doctor_finds_nothing_on_the_example(production: Production) -> None:
    checks = [one for one in CHECKS if one.name != "canaries-missing" or _watches_are_left()]
    report = examine(production.subject(), {}, checks)
    assert [f"{one.check}: {one.what}" for one in report.findings] == []
    assert report.not_made == ()
    assert [one.check for one in report.accepted] == ["one-machine"]


def test_the_visit_is_an_entry_before_anything_is_read(production: Production) -> None:
    first, second = production.subject().examined, production.subject().examined
    assert first is not None
    assert second is not None
    assert second.entry > first.entry
    assert first.last_entry_at


def test_a_witness_that_has_seen_a_longer_log_is_a_blocker(production: Production) -> None:
    from http.server import BaseHTTPRequestHandler

    from production import serving

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(409)
            self.end_headers()
            self.wfile.write(b"99999999\n")

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as port:
        machine = replace(production.machine, witness_url=f"http://127.0.0.1:{port}")
        (found,) = examine(production.subject(machine), {}, [witness_refuses]).findings
    assert (found.check, found.severity) == ("witness-refuses", "blocker")
    assert "longer log" in found.what


def test_a_witness_that_does_not_answer_is_a_warning(production: Production) -> None:
    machine = replace(production.machine, witness_url="http://127.0.0.1:1")
    (found,) = examine(production.subject(machine), {}, [witness_refuses]).findings
    assert (found.check, found.severity) == ("witness-refuses", "warning")


def test_a_vault_that_publishes_no_more_is_found(production: Production) -> None:
    machine = replace(production.machine, late_s=3_600.0)
    (found,) = examine(production.subject(machine), {}, [checkpoint_old]).findings
    assert found.check == "checkpoint-old"


def test_a_clock_that_went_back_behind_the_log_is_found(production: Production) -> None:
    machine = replace(production.machine, late_s=-3_600.0)
    names = {"clock-behind", "clock-behind-log"}
    found = examine(production.subject(machine), {}, [one for one in CHECKS if one.name in names]).findings
    assert {one.check for one in found} == names


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_nothing_depends_on_the_zone_of_the_terminal(
    production: Production, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        checks = [one for one in CHECKS if one.needs is not Needs.SERVER and one.name != "canaries-missing"]
        assert examine(production.subject(), {}, checks).findings == ()
    finally:
        monkeypatch.undo()
        time.tzset()
