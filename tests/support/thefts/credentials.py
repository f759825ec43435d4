"""Thefts of what lets people in: an API key, a session, a decoy's key, the session of somebody who was removed."""

from authenticator import Authenticator, assertion_json, registration_json, unb64

from facekeep_sdk import Client, SignedIn
from thefts.asking import Theft
from thefts.customers import Customer, id_of
from thefts.stage import Stage
from thefts.thief import HttpThief


def stolen_key_used_for_a_day(stage: Stage) -> Theft:
    """A key was left in a script. Somebody uses it now and then, from morning to night, while others work on."""
    victim = stage.next_victim()
    thief = HttpThief(stage, victim, victim.keys["boss"])
    begins_at = stage.later()
    gallery = f"/v1/collections/{victim.collection}"
    face = victim.faces[0]
    with stage.traffic.at_work():
        for request in (
            "/v1/me", "/v1/members", f"{gallery}/faces?limit=2", f"{gallery}/persons?limit=2", "/v1/api-keys",
            f"/v1/faces/{face}/crop", f"/v1/faces/{face}/photo", gallery, "/v1/usage", "/v1/log/entries?limit=3",
        ):  # fmt: skip
            stage.pause(minutes=47)
            thief.get(request)
            thief.get("/v1/faces/fac_aaaaaaaaaaaaaaaaaaaaaaaaaa")  # guesses, too
        stage.pause(hours=3)
        thief.search(stage.photos[0].read_bytes())
        thief.take("POST", f"/v1/faces/{face}/search", json={"collection_ids": [victim.collection]})
        stage.pause(hours=2)
    assert set(thief.refused) == {"not_found"}
    return Theft("stolen key used for a day", thief.truth, begins_at, stage.later(),
                 ("--key", id_of(victim.keys["boss"]), "--tier", "api-key"))  # fmt: skip


def replayed_session(stage: Stage) -> Theft:
    """A person signs in and works; the session's token is copied, and used from elsewhere when they have gone home."""
    victim = stage.next_victim()
    _, joined = joined_person(stage, victim, "investigator", "reviewer")
    with Client(stage.keep.base_url, joined.session) as person:
        list(person.faces(victim.collection, limit=3))
        (session,) = [one.session_id for one in person.sessions() if one.is_this]

    thief = HttpThief(stage, victim, joined.session)
    begins_at = stage.later()
    with stage.traffic.at_work():
        for path in (f"/v1/faces/{victim.faces[1]}", f"/v1/faces/{victim.faces[2]}/crop", "/v1/members", "/v1/rules"):
            stage.pause(minutes=7)
            thief.get(path)
        stage.pause(minutes=7)
    assert thief.refused == ["forbidden"]  # members are not for investigators
    return Theft("replayed session", thief.truth, begins_at, stage.later(), ("--session", session, "--tier", "session"))


def session_of_a_removed_member(stage: Stage) -> Theft:
    """Somebody was removed and tries the session that they still have, again and again."""
    victim = stage.next_victim()
    _, joined = joined_person(stage, victim, "custodian")
    member = joined.memberships[0].member_id
    victim.ask("boss", "POST", "/v1/members/remove", json={"member_id": member})
    thief = HttpThief(stage, victim, joined.session)
    begins_at = stage.later()
    with stage.traffic.at_work():
        for path in (f"/v1/collections/{victim.collection}/faces", f"/v1/faces/{victim.faces[0]}/crop", "/v1/me"):
            stage.pause(minutes=2)
            thief.get(path)
    assert thief.refused == ["unauthenticated"] * 3
    return Theft("session of a removed member", thief.truth, begins_at, stage.later(),
                 ("--actor", member, "--tier", "session"))  # fmt: skip


def joined_person(stage: Stage, victim: Customer, *roles: str) -> tuple[Authenticator, SignedIn]:
    """A person with a passkey, invited and signed in over HTTP."""
    device = Authenticator(origin=f"http://localhost:{stage.keep.port}")
    code = victim.ask("boss", "POST", "/v1/invitations", json={"name": "Ana", "roles": list(roles)}).json()["code"]
    with Client(stage.keep.base_url, "") as client:
        offer = client.begin_join(code)
        options = offer.public_key
        made = device.register(unb64(options["challenge"]), options["rp"]["id"], unb64(options["user"]["id"]))
        client.finish_join(code, offer.ticket, "phone", registration_json(made))
        asked = client.begin_sign_in()
        signed = device.sign(unb64(asked.public_key["challenge"]), asked.public_key["rpId"])
        return device, client.finish_sign_in(asked.ticket, assertion_json(signed))
