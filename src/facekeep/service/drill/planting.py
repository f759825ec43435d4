"""Plants what nothing else contains in the keep of a drill: names, words, real photos, a passkey, a webhook."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import Code, Unavailable
from facekeep.faces import FaceWorkers, PhotoAnalysis
from facekeep.service import organizations
from facekeep.service.drill import traces
from facekeep.service.drill.own_keep import OwnKeep
from facekeep.service.drill.passkey import Passkey
from facekeep.service.drill.receiver import receiving
from facekeep.service.drill.traces import Trace
from facekeep.settings import FacesSettings

_CONSONANTS, _VOWELS = "bdfghjklmnpqrstvwxz", "aeiou"
_KINDS = ("name of a customer", "name of a member", "name of a person", "e-mail address", "legal basis", "source",
          "license", "name of a photo", "name of a collection", "name of a guest", "name of a passkey",
          "address of a webhook")  # fmt: skip
CUSTOMERS = 9  # of different sizes; with fewer, an estimate that is right could not be told from a lucky one


def word() -> str:
    """Twenty-eight letters that nothing else contains."""
    return "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(14))


@dataclass
class Planted:
    """Texts by kind, photos, and how many members and searches each customer has.

    `codes` and `credentials` are what the keep, or a passkey, made up: with what it is, as text or as bytes.
    """

    photos: Sequence[bytes]
    words: dict[str, str] = field(default_factory=lambda: {kind: word() for kind in _KINDS})
    members: list[int] = field(default_factory=list)
    searches: list[int] = field(default_factory=list)
    codes: list[tuple[str, str]] = field(default_factory=list, repr=False)
    credentials: list[tuple[str, bytes]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.words["e-mail address"] += "@example.org"
        sizes = range(1, CUSTOMERS + 1)
        self.members, self.searches = (SystemRandom().sample(sizes, CUSTOMERS) for _ in range(2))

    def use(self, keep: OwnKeep) -> None:
        """Enroll, open a case, search and look, as the first customer; then use the keep as the others."""
        with caller_of(keep) as client:
            collection = self._collection(client, self.words["name of a collection"])
            face = self._enroll(client, collection, self.photos)
            made(client, "/v1/members", json={"name": self.words["name of a member"], "roles": ["reviewer"]})
            facts = {"purpose": "Testing and training", "legal_basis": self.words["legal basis"]}
            case = made(client, "/v1/cases", json=facts)["case_id"]
            for query in ({}, {"case_id": case}):
                asked = {"collection_ids": [collection], "face_index": 0, "score_floor": 0.2, **query}
                made(client, "/v1/search", files={"photo": self.photos[1]}, data={"query": json.dumps(asked)})
            made(client, f"/v1/faces/{face}/search", json={"collection_ids": [collection]})
            for path in (f"/v1/collections/{collection}/faces", "/v1/log/entries", f"/v1/faces/{face}/crop"):
                _checked(client.get(path))
            self._guest(keep, client)
            self._webhook(client)
            self._fill(keep, client)

    def enroll_alone(self, keep: OwnKeep) -> None:
        """The same photos, told the same of, in another keep."""
        with caller_of(keep) as client:
            self._enroll(client, self._collection(client, self.words["name of a collection"]), self.photos)

    def traces(self, api_key: str, cache_dir: Path) -> list[Trace]:
        """Everything that must not be found, in every encoding."""
        found = [trace for kind, text in self.words.items() for trace in traces.of_text(kind, text)]
        for kind, code in (("API key", api_key), *self.codes):
            found += traces.of_text(kind, code)
        for kind, value in self.credentials:
            found += traces.of_bytes(kind, value)
        enrolled, searched = (self._analyses(cache_dir, probes=probes) for probes in (False, True))
        for photo, analysis, as_probe in zip(self.photos, enrolled, searched, strict=True):
            found += traces.of_photo("photo", photo) + traces.of_photo("kept photo", analysis.photo_jpeg)
            for face in analysis.faces:
                found += traces.of_template("template", face.template) + traces.of_photo("crop", face.crop_jpeg)
            for face in as_probe.faces:
                found += traces.of_template("probe", face.probe)
        return found

    def _analyses(self, cache_dir: Path, *, probes: bool) -> list[PhotoAnalysis]:
        with FaceWorkers(FacesSettings(), cache_dir) as workers:
            found = workers.analyze(list(self.photos), keep_photo=True, probes=probes)
        return [one for one in found if isinstance(one, PhotoAnalysis)]

    def _guest(self, keep: OwnKeep, client: httpx.Client) -> None:
        """Somebody who is invited, joins with a passkey, signs in with it, looks at their account and signs out."""
        passkey = Passkey(f"http://localhost:{keep.settings.http.port}")
        asked = {"name": self.words["name of a guest"], "roles": ["investigator"]}
        code = made(client, "/v1/invitations", json=asked)["code"]
        with httpx.Client(base_url=keep.url, timeout=120, trust_env=False) as guest:
            offer = made(guest, "/v1/join/begin", json={"invitation": code})
            user = offer["public_key"]["user"]["id"]
            joining = {"invitation": code, "passkey_name": self.words["name of a passkey"], "ticket": offer["ticket"]}
            credential = passkey.registered(offer["public_key"])
            sessions = [made(guest, "/v1/join/finish", json={**joining, "credential": credential})["session"]]
            challenge = made(guest, "/v1/sign-in/begin")
            signed = {"ticket": challenge["ticket"], "credential": passkey.signed(challenge["public_key"], user)}
            sessions.append(made(guest, "/v1/sign-in/finish", json=signed)["session"])
            for session in sessions:
                _checked(guest.get("/v1/me", headers=bearer(session)))
                _checked(guest.delete("/v1/me/session", headers=bearer(session)))
        self.codes += [("invitation", code), *(("session of a person", one) for one in sessions)]
        self.credentials.append(("id of a passkey", passkey.credential_id))
        self.credentials += [("public key of a passkey", one) for one in passkey.public_key]

    def _webhook(self, client: httpx.Client) -> None:
        """An address to tell of hits, and one delivery to it."""
        told = self.words["address of a webhook"]
        with receiving() as receiver:
            answer = made(client, "/v1/webhooks", json={"url": f"http://{receiver.authority}/{told}?of={told}"})
            made(client, f"/v1/webhooks/{answer['webhook']['webhook_id']}/test")
            receiver.delivery()
        self.codes.append(("secret of a webhook", answer["secret"]))

    def _fill(self, keep: OwnKeep, client: httpx.Client) -> None:
        """Eight further customers, and everybody's members and searches, in no order that tells of anybody."""
        first = self._gallery(client)
        galleries = [(keep.api_key, *first)]
        for number in range(1, CUSTOMERS):
            name = f"{self.words['name of a customer']} {number}"
            added = organizations.add_organization(keep.settings, name=name, admin=word(), is_program=True)
            self.codes.append(("API key", added.api_key))
            client.headers.update(bearer(added.api_key))
            galleries.append((added.api_key, *self._gallery(client)))
        acts = [(which, "member") for which, count in enumerate(self.members) for _ in range(count - 1)]
        acts += [(which, "search") for which, count in enumerate(self.searches) for _ in range(count)]
        SystemRandom().shuffle(acts)
        for which, act in acts:
            key, collection, face = galleries[which]
            client.headers.update(bearer(key))
            if act == "member":
                name = f"{self.words['name of a member']} {word()}"
                made(client, "/v1/members", json={"name": name, "roles": ["investigator"]})
            else:
                made(client, f"/v1/faces/{face}/search", json={"collection_ids": [collection]})

    def _gallery(self, client: httpx.Client) -> tuple[str, str]:
        collection = self._collection(client, word())
        return collection, self._enroll(client, collection, self.photos[:1])

    def _collection(self, client: httpx.Client, name: str) -> str:
        policy = {"keep_photos": True, "case_required": False}
        return str(made(client, "/v1/collections", json={"name": name, "policy": policy})["collection_id"])

    def _enroll(self, client: httpx.Client, collection: str, photos: Sequence[bytes]) -> str:
        known = {
            "person_name": self.words["name of a person"],
            "source": f"https://example.org/{self.words['source']}?from={self.words['e-mail address']}",
            "license": self.words["license"],
            "photo_name": self.words["name of a photo"],
            "which_face": "largest",
        }
        files = [("photo", (self.words["name of a photo"] + ".jpg", photo)) for photo in photos]
        path = f"/v1/collections/{collection}/faces"
        answer = made(client, path, data={"metadata": json.dumps([known] * len(photos))}, files=files)
        return str(answer["photos"][0]["faces"][0]["face_id"])

    @property
    def truth(self) -> dict[str, NDArray[np.int64]]:
        """What a thief should not be able to guess, by what is counted."""
        return {"members": np.array(self.members), "searches": np.array(self.searches)}


def caller_of(keep: OwnKeep) -> httpx.Client:
    """Whoever holds the first key of a keep."""
    return httpx.Client(base_url=keep.url, headers=bearer(keep.api_key), timeout=120, trust_env=False)


def bearer(api_key: str) -> dict[str, str]:
    """The header of a request with this key."""
    return {"Authorization": f"Bearer {api_key}"}


def made(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """The answer to a POST. Raises Unavailable where it is no success."""
    return dict(_checked(client.post(path, **body)).json())


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise Unavailable(Code.INTERNAL, f"the drill's own keep answered {answer.status_code} to {answer.request.method}")
