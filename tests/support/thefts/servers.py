"""Thefts by whoever has the server, the wire behind it, or the search: they see what passes, and act while it lives."""

import msgspec

from facekeep.vault import wire
from thefts.asking import Theft, facekeep
from thefts.customers import Customer
from thefts.frames import Listener
from thefts.stage import Stage
from thefts.tap import Tap

UNLOGGED = frozenset({"passing", "credentials"})


def server_enumerating(stage: Stage) -> Theft:
    """Code in the server takes a key that passes, and guesses ids of organizations, collections, persons, faces."""
    victim, other = stage.next_victim(), stage.customers[0]
    begins_at, tap = stage.later(), _tap(stage)
    with stage.traffic.at_work():
        session = _session(tap, victim)
        for number in range(60):
            guess = f"{number:026d}".translate(str.maketrans("0123456789", "abcdefghij"))
            for message in (
                wire.ShowCollection(session=session, collection_id=f"col_{guess}"),
                wire.ShowFace(session=session, face_id=f"fac_{guess}"),
                wire.ShowPerson(session=session, person_id=f"per_{guess}"),
                wire.ShowCase(session=session, case_id=f"cas_{guess}"),
                wire.ChooseOrganization(session=session, organization_id=f"org_{guess}"),
            ):
                assert isinstance(_say(tap, message), wire.Failure)
        stage.pause(minutes=1)
        for message in (  # what belongs to somebody else, whose ids have passed
            wire.ShowCollection(session=session, collection_id=other.collection),
            wire.ListFaces(session=session, collection_id=other.collection),
            wire.ShowFace(session=session, face_id=other.faces[0]),
            wire.GrantSearch(session=session, collection_ids=(other.collection,), probes=b"\0" * 512),
        ):
            answer = _say(tap, message)
            assert isinstance(answer, wire.Failure)
            assert answer.code == "not_found"
        stage.pause(minutes=1)
        for message in (wire.ListOrganizations(), wire.ListIncidents(), wire.ListAlarms()):
            assert tap.send(msgspec.msgpack.encode(message)) is None  # these words are not the server's
        stage.pause(minutes=1)
        assert isinstance(_say(tap, wire.WhoAmI(session=session)), wire.Myself)
        _say(tap, wire.EndSession(session=session))
    return _heard(stage, "server enumerating organizations", begins_at, "--tier", "server")


def server_reading_everything(stage: Stage) -> Theft:
    """Code in the server reads all that a living session opens: galleries, names, pictures, members, log."""
    victim = stage.next_victim()
    begins_at, tap = stage.later(), _tap(stage)
    with stage.traffic.at_work():
        session = _session(tap, victim)
        for message in (
            wire.WhoAmI(session=session), wire.ListMembers(session=session), wire.ListApiKeys(session=session),
            wire.ListCollections(session=session), wire.ShowRules(session=session), wire.ShowUsage(session=session),
            wire.ReadLog(session=session), wire.ListPersons(session=session, collection_id=victim.collection),
        ):  # fmt: skip
            assert not isinstance(_say(tap, message), wire.Failure)
            stage.pause(minutes=1)
        page = _say(tap, wire.ListFaces(session=session, collection_id=victim.collection))
        for place in page.items[:4]:
            wanted = (place.face_cell, place.person_cell, place.crop_cell, place.photo_cell)
            cells = tuple(_stolen_cell(stage, one) for one in wanted)
            assert not isinstance(_say(tap, wire.OpenCells(session=session, cells=cells)), wire.Failure)
        stage.pause(minutes=1)
        place = page.items[0]
        probe = wire.GrantSearch(
            session=session, collection_ids=(victim.collection,), face_id=place.face_id,
            probe_cell=_stolen_cell(stage, place.template_cell),
        )  # fmt: skip
        assert isinstance(_say(tap, probe), wire.Grant)  # the template of somebody enrolled, as a probe
        _say(tap, wire.EndSession(session=session))
    return _heard(stage, "server reading for a live session", begins_at, "--host", "server")


def captured_frames_replayed(stage: Stage) -> Theft:
    """Somebody records what passes between server and vault, and sends it all again half an hour later."""
    begins_at, tap = stage.later(), _tap(stage)
    with stage.traffic.at_work():
        stage.pause(minutes=3)
    captured = [one for one in tap.exchanges if one.minute >= begins_at[:16] + "Z"]
    listener = Listener(stage)
    listener.hear(tap.exchanges, since=begins_at)
    stage.pause(minutes=30)
    sessions = []
    for one in captured:
        message = Listener.request(one.request)
        if isinstance(message, wire.Authenticate):
            sessions.append(tap.send(one.request))
        elif getattr(message, "session", None):
            answer = Listener.answer(tap.send(one.request) or b"")
            assert isinstance(answer, wire.Failure | wire.Done), answer  # these sessions ended with their requests
    stage.pause(minutes=5)
    before = len(tap.exchanges)
    session = Listener.answer(sessions[0] or b"").session  # but a key is good for as long as nobody revokes it
    listener.learn(tap.exchanges)
    for message in (wire.WhoAmI(session=session), wire.ListCollections(session=session)):
        assert not isinstance(_say(tap, message), wire.Failure)
    truth = listener.hear(tap.exchanges[before:], since=begins_at)
    return Theft("captured frames replayed", truth, begins_at, stage.later(), ("--tier", "network"), unproven=UNLOGGED)


def malicious_search(stage: Stage) -> Theft:
    """Whoever scans forges one bit of every answer, to have the vault open what it should not; the vault stops."""
    victim = stage.next_victim()
    begins_at, tap = stage.later(), _tap(stage)
    with stage.traffic.at_work():
        stage.pause(minutes=2)
    tap.change = _forged
    face = victim.faces[0]
    try:
        with victim.client(victim.keys["investigator"]) as client:
            asked = {"json": {"collection_ids": [victim.collection]}}
            refused = client.post(f"/v1/faces/{face}/search", **asked)
            assert refused.json()["code"] == "sums_refused"
            stage.pause(minutes=2)
            assert client.post(f"/v1/faces/{face}/search", **asked).json()["code"] == "quarantined"
    finally:
        tap.change = lambda frame: frame
    facekeep(stage, "vault", "clear-quarantine", "--yes")
    truth = Listener(stage, is_scan=True).hear(tap.exchanges, since=begins_at)
    return Theft("malicious search node", truth, begins_at, stage.later(), ("--tier", "search"))


def _forged(frame: bytes) -> bytes:
    message = Listener.request(frame)
    if not isinstance(message, wire.OpenSums):
        return frame
    sums = bytes([message.sums[0] ^ 1]) + message.sums[1:]
    return msgspec.msgpack.encode(msgspec.structs.replace(message, sums=sums))


def _heard(stage: Stage, name: str, begins_at: str, *asked: str) -> Theft:
    truth = Listener(stage).hear(_tap(stage).exchanges, since=begins_at)
    return Theft(name, truth, begins_at, stage.later(), asked, unproven=UNLOGGED)


def _session(tap: Tap, victim: Customer) -> str:
    opened = _say(tap, wire.Authenticate(untrusted_credential=victim.keys["boss"]))
    return str(opened.session)


def _say(tap: Tap, message: wire.Message) -> wire.Message:
    answer = tap.send(msgspec.msgpack.encode(message))
    assert answer is not None, message
    return Listener.answer(answer)


def _stolen_cell(stage: Stage, cell_id: str) -> wire.Cell:
    """A record's ciphertext, from the store that the server has."""
    found = stage.store.get([cell_id])[cell_id]
    return wire.Cell(found.cell_id, found.kind, found.ciphertext)


def _tap(stage: Stage) -> Tap:
    assert stage.tap is not None
    return stage.tap
