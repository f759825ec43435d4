"""A report of an incident says "proven not accessed" only where everything that could hide an access is excluded."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
from incident_room import WITNESS, Actor, Room, furnish
from vault_driver import code_of

from facekeep.errors import FacekeepError
from facekeep.service.incident import html, signing
from facekeep.service.incident.report import Report
from facekeep.vault import wire


@dataclass
class Scene:
    """A thief's key lists members, an honest one of the same customer looks at its gallery."""

    room: Room
    thief: Actor
    honest: Actor
    begins_at: str
    ends_at: str

    def report(self, *, tier: str = "api-key", thief: bool = True, **asked: object) -> Report:
        suspects = (self.thief.key_id,) if thief else ()
        incident = self.room.incident()
        return self.room.report(incident, self.begins_at, self.ends_at, suspects=suspects, tiers=(tier,), **asked)

    def verdict(self, report: Report, field: str) -> str:
        part = self.room.part(report, self.thief.organization_id)
        return next(str(one.verdict) for one in part.fields if one.field == field)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    patch = pytest.MonkeyPatch()
    room = furnish(tmp_path_factory.mktemp("scene"), patch)
    room.drill(store="unreadable", server="readable")
    room.wait(7_200)
    room.checkpoint()
    room.wait(60)
    begins_at, (thief, honest) = room.at, room.actors[:2]
    room.ask(thief, wire.ListMembers(session=thief.session), wire.MemberPage, "members")
    page = wire.ListFaces(session=honest.session, collection_id=thief.collection_id)
    room.ask(honest, page, wire.FacePage, "record_ids")
    room.wait(60)
    ends_at = room.at
    room.wait(3_600)
    room.checkpoint()
    room.wait(60)
    yield Scene(room, thief, honest, begins_at, ends_at)
    room.keeper.seal()
    patch.undo()


def test_with_everything_in_place_what_was_not_touched_is_proven(scene: Scene) -> None:
    told = scene.report()
    assert scene.verdict(told, "members") == "ACCESSED"
    assert scene.verdict(told, "crop") == "PROVEN NOT ACCESSED"
    assert scene.verdict(told, "record_ids") == "PROVEN NOT ACCESSED"  # by this key; another one saw them
    assert scene.verdict(told, "template") == "PROVEN NOT ACCESSED"


def test_without_a_cosignature_around_the_time_nothing_is_proven(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facekeep.service.cosigned_notes.CosignedNotes.newest_first", lambda self: iter(()))
    told = scene.report()
    assert scene.verdict(told, "members") == "ACCESSED"
    assert scene.verdict(told, "crop") == "NO EVIDENCE"
    assert "no checkpoint that a known witness signed before it and after it" in told.log.problem


def test_a_cosignature_of_an_unknown_witness_counts_for_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    other = msgspec.structs.replace(scene.room.settings.log, witnesses=())
    changed = msgspec.structs.replace(scene.room.settings, log=other)
    monkeypatch.setattr(Room, "settings", property(lambda self: changed))
    assert scene.verdict(scene.report(), "crop") == "NO EVIDENCE"


def test_a_tier_that_was_not_drilled_or_was_readable_proves_nothing(scene: Scene) -> None:
    stolen = scene.report(tier="store", thief=False)
    assert scene.verdict(stolen, "crop") == "PROVEN NOT ACCESSED"
    assert stolen.timeline.first_act_at is None  # a stolen disk acts nowhere
    assert scene.verdict(scene.report(tier="backup", thief=False), "crop") == "NO EVIDENCE"
    assert scene.verdict(scene.report(tier="server", thief=False), "crop") == "NO EVIDENCE"


def test_with_no_tier_declared_nothing_is_proven(scene: Scene) -> None:
    incident = scene.room.incident()
    told = scene.room.report(incident, scene.begins_at, scene.ends_at, suspects=(scene.thief.key_id,))
    assert scene.verdict(told, "members") == "ACCESSED"
    assert scene.verdict(told, "crop") == "NO EVIDENCE"


def test_what_the_filter_leaves_out_is_not_denied(scene: Scene) -> None:
    """A live server acts for everybody: naming one key does not make the others' acts harmless."""
    scene.room.drill(network="unreadable")
    told = scene.report(tier="network")
    assert scene.verdict(told, "record_ids") == "NO EVIDENCE"
    assert scene.verdict(told, "crop") == "PROVEN NOT ACCESSED"
    assert scene.verdict(told, "passing") == "NO EVIDENCE"  # it passes without an entry
    whole = scene.report(tier="network", thief=False)
    assert scene.verdict(whole, "record_ids") == "ACCESSED"


def test_a_thief_of_one_key_must_be_named(scene: Scene) -> None:
    assert code_of(scene.report, thief=False) == "invalid_request"


def test_a_gap_in_a_customers_entries_proves_nothing_of_that_customer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = scene.room.keeper._open
    assert vault is not None
    org_id = scene.thief.organization_id
    numbers = range(vault.journal.count(org_id))
    hidden = next(n for n in numbers if vault.journal.read(org_id, n, 1)[0][0].act == "member.list")
    honest = vault.journal.texts
    monkeypatch.setattr(
        vault.journal,
        "texts",
        lambda org, start, end: [
            text
            for one in range(start, end)
            if (org, one) != (org_id, hidden)
            for text in honest(org, one, one + 1)
        ],
    )
    told = scene.report()
    assert scene.verdict(told, "crop") == "NO EVIDENCE"
    other = scene.room.part(told, scene.room.actors[2].organization_id)
    assert {str(one.verdict) for one in other.fields} == {"PROVEN NOT ACCESSED"}


def test_an_act_that_this_version_does_not_know_proves_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from facekeep.service.incident import tally

    monkeypatch.setattr(tally, "TOUCHES", {act: row for act, row in tally.TOUCHES.items() if act != "members.listed"})
    told = scene.report()
    assert scene.verdict(told, "crop") == "NO EVIDENCE"
    assert any("members.listed is unknown" in one for one in told.problems)


def test_an_altered_report_is_refused_and_so_is_a_verdict_that_does_not_follow(scene: Scene) -> None:
    told = scene.report()
    file = signing.signed(scene.room.settings, told)
    key, witness = told.log.verifier_key, WITNESS.text
    assert signing.verified(file, expected_key=key, witness_keys=[witness]) == told
    altered = file.replace(b"NO EVIDENCE", b"PROVEN NOT ACCESSED").replace(b'"ACCESSED"', b'"NO EVIDENCE"')
    assert altered != file
    assert code_of(signing.verified, altered, expected_key=key) in {"log_altered", "invalid_request"}
    for position in range(0, len(file), max(1, len(file) // 200)):
        flipped = file[:position] + bytes((file[position] ^ 1,)) + file[position + 1 :]
        with pytest.raises(FacekeepError):
            signing.verified(flipped, expected_key=key)
    other = scene.room.incident()
    moved = msgspec.structs.replace(told, log=msgspec.structs.replace(told.log, before="", problem=""))
    resigned = signing.signed(scene.room.settings, moved)
    assert code_of(signing.verified, resigned, expected_key=key) == "log_altered"
    stranger = "log+" + key.split("+", 1)[1]
    assert code_of(signing.verified, file, expected_key=stranger) == "log_altered"
    assert code_of(signing.verified, file, expected_key=key, witness_keys=["w+1+x"]) == "log_altered"
    assert other != told.incident.incident_id


def test_a_page_runs_nothing_and_says_that_the_cause_is_missing(scene: Scene) -> None:
    told = scene.report(root_cause="<script>alert(1)</script>")
    page = html.page(told)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    missing = html.page(scene.report())
    assert "REQUIRED" in missing
    assert "<svg" in missing
    assert "http" not in missing.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_in_foreign_hands_the_vault_proves_nothing(scene: Scene) -> None:
    """Last: the declaration stays in the log of this scene."""
    told = scene.report(tier="vault-memory", thief=False)
    assert scene.verdict(told, "crop") == "UNKNOWN"
    incident = scene.room.incident()
    message = wire.DeclareForeign(incident_id=incident, begins_at=scene.begins_at, ends_at=scene.begins_at)
    scene.room.driver.operator.call(message, wire.Done)
    told = scene.report()
    assert scene.verdict(told, "members") == "ACCESSED"
    assert scene.verdict(told, "crop") == "UNKNOWN"
