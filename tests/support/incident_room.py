"""A vault in this process with two customers, a clock that can be set, and a plain record of who saw what and when.

The record is written by the tests as they act, from what came back; it knows nothing of the log.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vault_driver import WITHOUT_CASE, VaultDriver, near, unit

from facekeep import settings
from facekeep.errors import FacekeepError
from facekeep.ledger.cosignature import COSIGNATURE, cosign
from facekeep.ledger.note import parse_note, verifier_key
from facekeep.service.cosigned_notes import CosignedNotes
from facekeep.service.incident import making
from facekeep.service.incident.report import CustomerPart, Report
from facekeep.vault import clock, wire
from facekeep.vault.keeper import Keeper
from facekeep.vault.server import Door

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
WITNESS = verifier_key(name="w.example", public_key=PRIVATE.public_key().public_bytes_raw(), kind=COSIGNATURE)
Seen = tuple[str, str, str]  # organization, field, minute

@dataclass
class Direct:
    """A client of a vault in this process."""

    act: Callable[[Any], Any]

    def call(self, message: Any, kind: type) -> Any:
        answer = self.act(message)
        assert isinstance(answer, kind), answer
        return answer

    def close(self) -> None: ...


@dataclass
class Actor:
    """A key of a customer's, in one session."""

    organization_id: str
    key_id: str
    member_id: str
    session: str
    collection_id: str = ""
    places: tuple[wire.FacePlace, ...] = ()


class Room:
    """The vault, its customers' actors, and `truth`: by whom (key) what was seen, and what passed the server."""

    def __init__(self, folder: Path, driver: VaultDriver, keeper: Keeper, base: datetime) -> None:
        self.folder, self.driver, self.keeper, self.base = folder, driver, keeper, base
        self.actors: list[Actor] = []
        self.truth: dict[str, set[Seen]] = {}
        self.passed: set[Seen] = set()
        self.shift = timedelta(0)

    def __repr__(self) -> str:
        return "a room"

    # ---- the clock ----

    def now(self) -> datetime:
        return self.base + self.shift

    def wait(self, seconds: float) -> None:
        self.shift += timedelta(seconds=seconds)

    @property
    def at(self) -> str:
        return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # ---- the record ----

    def sees(self, actor: Actor, *fields: str) -> None:
        minute = self.at[:16] + "Z"
        self.truth.setdefault(actor.key_id, set()).update((actor.organization_id, one, minute) for one in fields)

    def passes(self, actor: Actor, *fields: str) -> None:
        minute = self.at[:16] + "Z"
        self.passed.update((actor.organization_id, one, minute) for one in fields)

    # ---- evidence ----

    @property
    def settings(self) -> settings.Settings:
        found = settings.load(self.folder)
        witness = settings.WitnessSettings(url="http://127.0.0.1:9", key=WITNESS.text)
        return msgspec.structs.replace(found, log=msgspec.structs.replace(found.log, witnesses=(witness,)))

    def checkpoint(self, *, cosigned: bool = True) -> str:
        """A checkpoint that the witness signed at the room's time, put where the server would put it."""
        vault = self.keeper._open
        assert vault is not None
        vault.settle()
        note = vault.log.checkpoint()
        if cosigned:
            at = int(self.now().timestamp())
            note += cosign(parse_note(note.encode()).untrusted_text, key=WITNESS, time_s=at, sign=PRIVATE.sign)
        folder = CosignedNotes(self.settings.cosigned_dir)
        folder._folder.mkdir(exist_ok=True)
        (folder._folder / self.now().strftime("%Y-%m-%dT%H")).write_text(note)
        return note

    def drill(self, **outcomes: str) -> None:
        message = wire.RecordDrill(
            digest=b"d" * 32, outcomes={tier.replace("_", "-"): outcome for tier, outcome in outcomes.items()}
        )
        self.driver.operator.call(message, wire.ReportSigned)

    # ---- reports ----

    def incident(self) -> str:
        return self.driver.operator.call(wire.OpenIncident(), wire.IncidentOpened).incident_id

    def report(self, incident_id: str, begins_at: str, ends_at: str, **asked: Any) -> Report:
        return making.make(self.settings, making.Asked(incident_id, begins_at, ends_at, **asked))

    def part(self, report: Report, organization_id: str) -> CustomerPart:
        name = self.pseudonyms(report.incident.incident_id)[organization_id]
        return next(one for one in report.customers if one.customer == name)

    def pseudonyms(self, incident_id: str) -> dict[str, str]:
        from facekeep.vault.incidents import register

        vault = self.keeper._open
        assert vault is not None
        found = register.by_id(vault.database, incident_id)
        return {one.organization_id: found.pseudonym(one.organization_id) for one in self.actors}

    def accessed(self, report: Report) -> set[Seen]:
        """What a report says was accessed: organization, field, minute."""
        back = {name: org_id for org_id, name in self.pseudonyms(report.incident.incident_id).items()}
        return {
            (back[customer.customer], one.field, minute)
            for customer in report.customers
            for one in customer.fields
            for minute in one.minutes
            if one.verdict == "ACCESSED"
        }

    # ---- acts, each with what it shows ----

    def be(self, actor: Actor) -> VaultDriver:
        self.driver.session = actor.session
        return self.driver

    def ask(self, actor: Actor, message: Any, kind: type, *fields: str, passing: tuple[str, ...] = ()) -> Any:
        """One message; what it shows is recorded where it was answered, what passes the server in any case."""
        self.passes(actor, "credentials", *passing)
        answer = self.be(actor).server.call(message, kind)
        self.sees(actor, *fields)
        return answer

    def try_to(self, actor: Actor, message: Any, *passing: str) -> str:
        """One message that must be refused; it shows nothing."""
        self.passes(actor, "credentials", *passing)
        try:
            answer = self.be(actor).server.call(message, object)
        except FacekeepError as error:
            return error.code
        raise AssertionError(f"expected a refusal, got {answer}")

    def search(self, actor: Actor, probe: np.ndarray, *, ends_well: bool = True) -> int:
        self.passes(actor, "credentials", "passing")
        grant = self.be(actor).grant([actor.collection_id], probe.reshape(1, -1))
        self.sees(actor, "collections")  # how large they are
        if not ends_well:
            return 0
        found = self.driver.open(grant, self.driver.scan(grant)).lists[0].candidates
        if found:
            self.sees(actor, "score", "record_ids")
        return len(found)

    def open_cells(self, actor: Actor, *kinds: str) -> None:
        place = actor.places[0]
        cell_of = {
            "name": place.person_cell,
            "provenance": place.face_cell,
            "crop": place.crop_cell,
        }
        cells = tuple(self.driver.cells[cell_of[kind]] for kind in kinds)
        self.ask(actor, wire.OpenCells(session=actor.session, cells=cells), wire.OpenedCells, *kinds)

    def enroll(self, actor: Actor, name: str) -> None:
        self.passes(actor, "credentials", "passing")
        self.be(actor).enroll(actor.collection_id, {name: [unit(name)]})
        self.sees(actor, "record_ids", "provenance", "crop", "name")
        self.passes(actor, "template")

    def make_key(self, actor: Actor) -> Actor:
        message = wire.MakeApiKey(session=actor.session, member_id=actor.member_id, name="another")
        made = self.ask(actor, message, wire.ApiKeyMade, "api_keys")
        return self.arrive(actor.organization_id, made.api_key, like=actor)

    def arrive(self, organization_id: str, api_key: str, like: Actor | None = None) -> Actor:
        opened = self.driver.server.call(wire.Authenticate(untrusted_credential=api_key), wire.SessionOpened)
        me = self.driver.server.call(wire.WhoAmI(session=opened.session), wire.Myself)
        actor = Actor(organization_id, me.credential, me.member.member_id, opened.session)
        self.sees(actor, "organization", "members")
        self.passes(actor, "credentials")
        if like is not None:
            actor.collection_id, actor.places = like.collection_id, like.places
        self.actors.append(actor)
        return actor


def furnish(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, str] = ("First", "Second"),
    base: datetime | None = None,
) -> Room:
    """A room with two customers of two keys each, four faces in a gallery, in a vault whose clock the room sets."""
    base = base or (datetime.now(UTC) - timedelta(days=40)).replace(hour=9, minute=0, second=0, microsecond=0)
    keeper = Keeper(folder / "vault")
    driver = VaultDriver(folder)
    driver.server, driver.operator = Direct(keeper.serve), Direct(keeper.operate)
    room = Room(folder, driver, keeper, base)
    monkeypatch.setattr(clock, "now", room.now)
    monkeypatch.setattr(making, "_now", lambda: room.at)
    made = driver.operator.call(
        wire.Initialize(method="key_file", organization=names[0], member="Op", key_file=str(folder / "k")),
        wire.Initialized,
    )
    second = driver.operator.call(
        wire.AddOrganization(name=names[1], admin="Op", is_program=True), wire.OrganizationAdded
    )
    vault = keeper._open
    assert vault is not None
    (first_id,) = vault.database.row("SELECT org_id FROM organizations WHERE name = ?", names[0])
    for org_id, key in ((first_id, made.api_key), (second.organization_id, second.api_key)):
        actor = room.arrive(org_id, key)
        driver.session = actor.session
        actor.collection_id = driver.collection(f"gallery of {org_id}", WITHOUT_CASE)
        people = {f"person {n} of {org_id}": [unit(f"{org_id} {n}")] for n in range(4)}
        actor.places = driver.enroll(actor.collection_id, people)
        room.make_key(actor)
    _serve_operator(room)
    return room


def probe_of(actor: Actor) -> np.ndarray:
    """A photo of somebody in the actor's gallery."""
    return near(unit(f"{actor.organization_id} 1"), "probe", 0.9)


def _serve_operator(room: Room) -> None:
    path = settings.load(room.folder).admin_socket
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    door = Door(path, msgspec.msgpack.Decoder(wire.OperatorRequest), room.keeper.operate)
    threading.Thread(target=door.open, daemon=True).start()
