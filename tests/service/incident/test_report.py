from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.cli.main import run
from facekeep.errors import FacekeepError
from facekeep.service.incident import signing
from facekeep.service.incident.entries import Entry
from facekeep.service.incident.report import ranges
from facekeep.service.incident.suspects import Suspects
from facekeep.service.incident.tiers import TIERS, Declared


def spelled(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(",") if text else []:
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


@given(st.lists(st.integers(0, 60), max_size=40))
def test_ranges_are_the_numbers_each_once(numbers: list[int]) -> None:
    assert spelled(ranges(sorted(numbers))) == sorted(set(numbers))


def entry(act: str, actor: str = "thief", **facts: str) -> Entry:
    return Entry(0, "2026-01-01T00:00:00.000Z", actor, act, "done", facts)


def test_whoever_a_suspect_made_is_a_suspect_and_nobody_else() -> None:
    suspects = Suspects.of(["thief"])
    assert not suspects.did(entry("faces.listed", "second"))
    assert suspects.did(entry("key.made", key="second"))
    assert suspects.did(entry("member.invited", "second", invitation="inv"))
    assert suspects.did(entry("member.join", "pas_3", invitation="inv", member="mem_3"))
    assert suspects.did(entry("session.opened", "pas_3", by="mem_3", session="ses_3"))
    assert not suspects.did(entry("key.made", "honest", key="third"))
    assert suspects.made == {"second", "inv", "mem_3"}


def test_what_a_suspect_made_before_the_time_its_owner_made() -> None:
    suspects = Suspects.of(["thief"])
    assert suspects.did(entry("key.made", key="of the owner"), learns=False)
    assert not suspects.did(entry("faces.listed", "of the owner"))
    assert suspects.made == set()


def test_a_session_that_follows_a_suspects_is_one() -> None:
    suspects = Suspects.of(["ses_1"])
    assert suspects.did(entry("session.opened", "pas_1", follows="ses_1", session="ses_2"))
    assert suspects.did(entry("faces.listed", "pas_1", session="ses_2"))
    assert not suspects.did(entry("faces.listed", "pas_1", session="ses_0"))


def test_a_thief_of_one_key_needs_the_key_and_an_unknown_tier_is_refused() -> None:
    for name, tier in TIERS.items():
        if tier.is_confined:
            with pytest.raises(FacekeepError, match="need --key"):
                Declared.named([name], has_actor=False)
    with pytest.raises(FacekeepError, match="there is no tier moon"):
        Declared.named(["moon"], has_actor=True)


def test_what_is_no_report_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    for content in (b"", b"{}", b'{"report":{},"signature":""}', b'{"report":{"format":"x"},"signature":"","more":1}'):
        path.write_bytes(content)
        assert run(["incident", "verify", str(path), "--key", "log+00000000+x"]) == 3
    assert "no report of an incident" in capsys.readouterr().err
    assert msgspec.json.decode(b'{"report":1,"signature":""}', type=signing.SignedReport).signature == ""


def test_an_idle_keep_does_not_load_what_draws_pages() -> None:
    import subprocess
    import sys

    code = "import facekeep.cli.incident, facekeep.service.incident.making, sys; print('reportlab' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
