"""A report verifies offline; altered or of another key it is refused. It claims no tier that was not drilled."""

from hashlib import sha256
from html import escape
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vault_driver import running_vault

from facekeep import settings
from facekeep.errors import BadInput, Tampered
from facekeep.ledger.note import sign_note, verifier_key
from facekeep.ledger.statement import drill_text, report_text
from facekeep.service.drill.declared import NOT_TRIED, TIERS
from facekeep.service.drill.measurement import Measurement
from facekeep.service.drill.page import found_words, page, verdict
from facekeep.service.drill.report import FORMAT, VERSION, DrillReport, SignedReport, TierResult, signed, verified
from facekeep.vault import wire

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
KEY = verifier_key(name="log", public_key=PRIVATE.public_key().public_bytes_raw())


def _report(**outcomes: str) -> DrillReport:
    tiers = tuple(
        TierResult(one.name, one.holds, one.expected, one.covers,
                   outcomes.get(one.name.replace("-", "_"), one.expected), 10, 3)  # type: ignore[arg-type]
        for one in TIERS.values()
    )  # fmt: skip
    return DrillReport(FORMAT, VERSION, "1", "2026-01-01T00:00:00Z", KEY.text, tiers, NOT_TRIED)


def _file(report: DrillReport) -> bytes:
    body = msgspec.json.encode(report)
    note = sign_note(drill_text(sha256(body).digest()), key=KEY, sign=PRIVATE.sign)
    return msgspec.json.encode(SignedReport(msgspec.Raw(body), note))


def test_a_signed_report_verifies() -> None:
    report = _report()
    assert verified(_file(report), expected_key=KEY.text) == report
    assert not report.fails


def test_an_altered_report_is_refused() -> None:
    file = _file(_report(logs="readable"))
    for old, new in ((b'"readable"', b'"unreadable"'), (b'"size_bytes":10', b'"size_bytes":11'), (b"2026", b"2027")):
        with pytest.raises(Tampered):
            verified(file.replace(old, new, 1))


def test_a_signature_over_another_kind_of_report_is_none() -> None:
    body = msgspec.json.encode(_report())
    note = sign_note(report_text("inc_" + "a" * 26, sha256(body).digest()), key=KEY, sign=PRIVATE.sign)
    with pytest.raises(Tampered):
        verified(msgspec.json.encode(SignedReport(msgspec.Raw(body), note)))


def test_a_keep_signs_and_enters_a_report(tmp_path: Path) -> None:
    with running_vault(tmp_path) as vault:
        chosen, entries = settings.load(vault.data), set()
        key = vault.operator.call(wire.GetCheckpoint(), wire.Checkpoint).verifier_key
        for report in (_report(), _report(logs="not drilled", index="readable"), _report(index="not drilled")):
            file, entry = signed(chosen, report)
            entries.add(entry)
            assert verified(file, expected_key=key) == msgspec.structs.replace(report, verifier_key=key)
            with pytest.raises(Tampered):
                verified(file, expected_key=KEY.text)
    assert len(entries) == 3


def test_a_report_of_another_key_is_refused() -> None:
    with pytest.raises(Tampered):
        verified(_file(_report()), expected_key=KEY.text.replace("log", "other"))


@pytest.mark.parametrize("untrusted", [b"", b"{}", b"[]", b'{"report":{},"signature":""}'])
def test_what_is_no_report_is_refused(untrusted: bytes) -> None:
    with pytest.raises(BadInput):
        verified(untrusted)


def test_a_tier_counts_as_unreadable_only_where_all_its_parts_were_drilled() -> None:
    assert _report().outcomes() == {
        "store": "unreadable", "backup": "unreadable", "search": "unreadable", "server": "unreadable",
        "vault-disk": "unreadable", "share": "unreadable", "network": "readable", "vault-memory": "readable",
    }  # fmt: skip
    assert "server" not in _report(server_memory="not drilled").outcomes()
    assert _report(logs="readable", server_memory="not drilled").outcomes()["server"] == "readable"
    assert _report(all_disks="readable").outcomes()["store"] == "readable"


def test_more_or_less_than_declared_fails() -> None:
    assert _report(index="readable").fails
    assert _report(vault_memory="unreadable").fails
    assert not _report(vault_memory="not drilled").fails
    assert verdict(_report(index="readable", share="not drilled")) == "NOT as declared: index. Not drilled: share."


@pytest.mark.parametrize(("value", "with_flaw"), [(0.2, 1.0), (0.05, 0.1), (float("nan"), 1.0), (0.05, float("nan"))])
def test_a_try_that_succeeds_or_is_blind_fails_its_tier(value: float, with_flaw: float) -> None:
    one = Measurement("guess", value, by_chance=0.0, with_flaw=with_flaw, at_most=0.1)
    for name, readable in (("index", "readable"), ("network", "readable")):
        tier = next(each for each in _report().tiers if each.tier == name)
        after = tier.with_measured([one])
        assert after.fails
        assert (after.outcome == readable) == (one.succeeds or name == "network")
        assert tier.with_measured([Measurement("guess", 0.1, 0.0, 1.0, 0.1)]).outcome == tier.outcome
    assert not msgspec.structs.replace(tier, outcome="not drilled").with_measured([one]).fails


def test_the_words_of_a_tier_name_the_tries_that_fail() -> None:
    good, bad, blind = (
        Measurement(name, value, by_chance=0.0, with_flaw=flaw, at_most=0.1)
        for name, value, flaw in (("good", 0.0, 1.0), ("bad", 0.5, 1.0), ("blind", 0.0, 0.0))
    )
    tier = _report().tiers[0]
    assert found_words(tier.with_measured([good, good])) == "nothing; tries as declared: 2"
    assert found_words(tier.with_measured([good, bad, blind])) == "nothing; bad: 0.5; blind: BLIND, 0"
    shown = page(msgspec.structs.replace(_report(), tiers=(tier.with_measured([good, bad, blind]),)))
    assert shown.count('<tr class="fails"') == 3
    assert "<td>good</td><td>0</td>" in shown


def test_the_page_says_what_fails_and_runs_nothing() -> None:
    report = _report(index="readable")
    tiers = (msgspec.structs.replace(report.tiers[0], holds="<script>alert(1)</script>"), *report.tiers[1:])
    shown = page(msgspec.structs.replace(report, tiers=tiers))
    assert "<script" not in shown
    assert shown.count('class="fails"') == 1
    assert all(escape(one) in shown for one in (*TIERS, *NOT_TRIED))
