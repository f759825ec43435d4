"""Thefts by people who may be there: they browse, search from find to find, export, or list customers."""

from facekeep.service.canaries import canaries
from thefts.asking import Theft, facekeep
from thefts.customers import Customer, id_of
from thefts.stage import Stage
from thefts.thief import HttpThief
from thefts.truth import Truth

_ENOUGH = 100  # records of a small collection that one member may see in a month


def browsing_a_gallery(stage: Stage) -> Theft:
    """An investigator looks at face after face of a gallery that is not their work, until they are stopped."""
    victim, thief, faces = _large_gallery(stage, "investigator")
    begins_at = stage.later()
    with stage.traffic.at_work():
        for number, face in enumerate(faces):
            if number % 12 == 0:
                stage.pause(minutes=3)
            thief.get(f"/v1/faces/{face}/crop")
    crops = {subject for _, field, subject, _ in thief.truth.cells if field == "crop"}
    assert len(crops) == _ENOUGH
    assert thief.refused[-1] == "frozen"
    return _of_member(stage, "insider browsing a gallery", victim, thief, begins_at)


def snowballing(stage: Stage) -> Theft:
    """An investigator searches by a photo, then by whom that found, and so on, and looks at everybody's picture."""
    victim, thief, faces = _large_gallery(stage, "investigator")
    begins_at, known = stage.later(), [faces[0]]
    with stage.traffic.at_work():
        thief.search(stage.photos[0].read_bytes(), *_large_collection(victim))
        for number in range(16):
            stage.pause(minutes=2)
            asked = {"collection_ids": _large_collection(victim), "score_floor": 0.0}
            answer = thief.take("POST", f"/v1/faces/{known[number % len(known)]}/search", json=asked)
            for one in answer.json().get("candidates", []):
                if one["face_id"] not in known:
                    known.append(one["face_id"])
                    thief.get(f"/v1/faces/{one['face_id']}/crop")
    return _of_member(stage, "insider snowballing searches", victim, thief, begins_at)


def custodian_exporting(stage: Stage) -> Theft:
    """A custodian takes the gallery home page by page, with every photo, as far as they get."""
    victim, thief, _ = _large_gallery(stage, "custodian")
    begins_at, cursor = stage.later(), ""
    with stage.traffic.at_work():
        for _ in range(8):
            stage.pause(minutes=4)
            page = thief.get(f"/v1/collections/{_large_collection(victim)[0]}/faces?limit=15&cursor={cursor}")
            cursor = page.json().get("next_cursor", "")
            for row in page.json().get("items", [])[:3]:
                thief.get(f"/v1/faces/{row['face_id']}/photo")
            if not cursor:
                break
    assert thief.refused
    return _of_member(stage, "custodian exporting", victim, thief, begins_at)


def decoy_key_used(stage: Stage) -> Theft:
    """Somebody finds an API key in a file of the server's disk and tries it: it was put there for that."""
    decoys = canaries(stage.keep.settings, retired=False).items
    path = next(stage.keep.data_dir / one.thing for one in decoys if one.kind == "configuration_secret" and one.is_file)
    begins_at = stage.later()
    key = path.read_text().split("FACEKEEP_API_KEY=")[1].strip()
    thief = HttpThief(stage, stage.customers[0], key)
    with stage.traffic.at_work():
        for path_of in ("/v1/me", "/v1/collections", "/v1/members"):
            stage.pause(minutes=1)
            thief.get(path_of)
    assert thief.refused == ["unauthenticated"] * 3
    assert any(one["kind"].startswith("canary.") for one in facekeep(stage, "alarms", "list"))
    return Theft("decoy key used", thief.truth, begins_at, stage.later(), ("--key", id_of(key), "--tier", "api-key"))


def operator_listing(stage: Stage) -> Theft:
    """An operator lists the customers for somebody who pays for it."""
    begins_at, truth = stage.later(), Truth()
    with stage.traffic.at_work():
        stage.pause(minutes=1)
        for one in facekeep(stage, "vault", "organizations", "list"):
            truth.add(one["organization_id"], stage.clock.minute, iter([("organization", "")]))
        stage.pause(minutes=1)
    assert len(truth.cells) == len(stage.customers) + 1  # and the keep's first one
    return Theft("operator listing organizations", truth, begins_at, stage.later(), ("--actor", "operator"),
                 rest="NO EVIDENCE")  # fmt: skip


def _of_member(stage: Stage, name: str, victim: Customer, thief: HttpThief, begins_at: str) -> Theft:
    member = victim.members[next(who for who, key in victim.keys.items() if key == thief.credential)]
    return Theft(name, thief.truth, begins_at, stage.later(), ("--actor", member, "--tier", "insider"))


def _large_gallery(stage: Stage, role: str) -> tuple[Customer, HttpThief, list[str]]:
    """A customer with a gallery of more than anybody may see, and a new member who has no business in it."""
    victim = next((one for one in stage.customers if "large" in one.galleries), stage.customers[0])
    if "large" not in victim.galleries:
        victim.galleries["large"] = victim.new_collection("large")
        photos = [path.read_bytes() for path in stage.photos]
        wanted = _ENOUGH + 12
        victim.many = [
            face
            for start in range(0, wanted, 12)
            for face in victim.enroll(victim.galleries["large"], (photos * 2)[:12])
        ]
    who = f"{role} {len(victim.keys)}"
    victim.hire(who, [role])
    return victim, HttpThief(stage, victim, victim.keys[who]), victim.many


def _large_collection(victim: Customer) -> list[str]:
    return [victim.galleries["large"]]
