"""Plants words and photos that nothing else contains in a running keep, and says what their traces would look like."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from keep_process import KeepProcess, wait_until
from PIL import Image

from facekeep.faces import FaceWorkers, PhotoAnalysis
from facekeep.service.drill import traces
from facekeep.service.drill.traces import Trace
from facekeep.settings import FacesSettings

_CONSONANTS, _VOWELS = "bdfghjklmnpqrstvwxz", "aeiou"
# The endings make Python keep the texts in each of its three widths: one byte (ASCII, Latin-1), two, and four.
_WORDS = {
    "first name": "", "second name": "žé", "source": "é", "legal basis": "", "license": "🗝", "photo name": "",
    "collection": "ß", "person": "Ω", "reason": "ž",
}  # fmt: skip


def planted_word(ending: str = "") -> str:
    """28 letters of noise, and an ending."""
    return "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(14)) + ending


@dataclass
class Planted:
    """What was planted. `photos` are two files of each of four persons."""

    photos: Sequence[Path]
    words: dict[str, str] = field(default_factory=lambda: {name: planted_word(end) for name, end in _WORDS.items()})
    pictures: dict[str, bytes] = field(default_factory=dict)

    def use(self, client: httpx.Client) -> None:
        """Enroll with and without keeping photos, list, open, search, verify, be refused, forget."""
        collections = [self._collection(client, name, keep) for name, keep in (("1", True), ("2", False))]
        standing = self._watch(client, collections[0])
        faces = [face for place, one in enumerate(collections) for face in self._enroll(client, one, place)]
        _ok(client.post(f"/v1/collections/{collections[0]}/persons", json={"name": self.words["person"]}))
        for photo in (self.photos[1], self.photos[4]):
            query = {"collection_ids": collections, "face_index": 0, "score_floor": 0.3}
            _ok(client.post("/v1/search", files={"photo": photo.read_bytes()}, data={"query": json.dumps(query)}))
        _ok(client.post(f"/v1/faces/{faces[0]}/search", json={"collection_ids": collections}))
        self._verify(client, faces[0])
        for path in (f"/v1/collections/{collections[0]}/faces", f"/v1/collections/{collections[1]}/persons"):
            _ok(client.get(path))
        for path in ("/v1/collections", "/v1/log/entries"):
            _ok(client.get(path))
        hits = f"/v1/standing-searches/{standing}/hits"
        wait_until(lambda: _ok(client.get(hits)).json()["items"], "the standing search found nothing", 60)
        for kind in ("crop", "photo"):
            self.pictures[kind] = _ok(client.get(f"/v1/faces/{faces[0]}/{kind}")).content
        assert client.post("/v1/collections", json={"name": self.words["collection"] + "1"}).status_code == 409
        assert client.post("/v1/search", json={"name": self.words["collection"]}).status_code == 400
        _ok(client.delete(f"/v1/faces/{faces[-1]}"))

    def traces(self, api_key: str, cache_dir: Path) -> list[Trace]:
        """Everything that must not be found, in every encoding."""
        found = [trace for name, word in self.words.items() for trace in traces.of_text(name, word)]
        found += traces.of_text("API key", api_key)
        for name, picture in self.pictures.items():
            found += traces.of_photo(f"returned {name}", picture)
        enrolled, searched = (self._analyses(cache_dir, probes=probes) for probes in (False, True))
        for path, analysis, as_probe in zip(self.photos, enrolled, searched, strict=True):
            label = f"{path.parent.name} {path.stem}"
            found += traces.of_photo(f"photo {label}", path.read_bytes())
            found += traces.of_pixels(f"photo {label}", np.asarray(Image.open(path).convert("RGB")))
            found += traces.of_photo(f"kept photo {label}", analysis.photo_jpeg)
            for face in analysis.faces:
                found += traces.of_template(f"template {label}", face.template)
                found += traces.of_photo(f"crop {label}", face.crop_jpeg)
            for face in as_probe.faces:
                found += traces.of_template(f"probe {label}", face.probe)
        return found

    def _analyses(self, cache_dir: Path, *, probes: bool) -> list[PhotoAnalysis]:
        photos = [path.read_bytes() for path in self.photos]
        with FaceWorkers(FacesSettings(), cache_dir) as workers:
            found = workers.analyze(photos, keep_photo=True, probes=probes)
        assert all(isinstance(one, PhotoAnalysis) and one.faces for one in found)
        return [one for one in found if isinstance(one, PhotoAnalysis)]

    def _collection(self, client: httpx.Client, ending: str, keep_photos: bool) -> str:
        policy = {"keep_photos": keep_photos, "case_required": False}
        body = {"name": self.words["collection"] + ending, "policy": policy}
        return str(_ok(client.post("/v1/collections", json=body)).json()["collection_id"])

    def _watch(self, client: httpx.Client, collection: str) -> str:
        """A standing search that a second person approved."""
        facts = {"purpose": "Testing and training", "legal_basis": self.words["legal basis"]}
        case = _ok(client.post("/v1/cases", json=facts)).json()["case_id"]
        query = {"collection_ids": [collection], "reason": self.words["reason"], "face_index": 0, "score_floor": 0.3}
        form = {"files": {"photo": self.photos[0].read_bytes()}, "data": {"query": json.dumps(query)}}
        standing = _ok(client.post(f"/v1/cases/{case}/standing-searches", **form)).json()["standing_id"]
        program = {"name": "second", "roles": ["reviewer"]}
        member = _ok(client.post("/v1/members", json=program)).json()["member_id"]
        key = _ok(client.post("/v1/api-keys", json={"member_id": member, "name": "second"})).json()["api_key"]
        second = {"Authorization": f"Bearer {key}"}
        _ok(client.post(f"/v1/standing-searches/{standing}/approve", headers=second))
        return str(standing)

    def _enroll(self, client: httpx.Client, collection: str, place: int) -> list[str]:
        names = (self.words["first name"], self.words["second name"])
        chosen = self.photos[4 * place : 4 * place + 4]
        metadata = [self.known_of(names[number // 2]) for number in range(len(chosen))]
        answer = _ok(
            client.post(
                f"/v1/collections/{collection}/faces",
                data={"metadata": json.dumps(metadata, ensure_ascii=place == 0)},
                files=[("photo", (self.words["photo name"] + ".jpg", path.read_bytes())) for path in chosen],
                headers={"Idempotency-Key": secrets.token_hex(16)},
            )
        ).json()
        faces = [face["face_id"] for photo in answer["photos"] for face in photo["faces"]]
        assert len(faces) == len(chosen), answer
        return faces

    def known_of(self, name: str) -> dict[str, str]:
        """What is told of a photo of the person of that name."""
        return {
            "person_name": name,
            "source": "https://example.org/" + self.words["source"],
            "license": self.words["license"],
            "legal_basis": self.words["legal basis"],
            "photo_name": self.words["photo name"] + ".jpg",
            "which_face": "largest",
        }

    def _verify(self, client: httpx.Client, face_id: str) -> None:
        first, second = self.photos[5].read_bytes(), self.photos[6].read_bytes()
        indexes = {"first_face_index": 0, "second_face_index": 0}
        _ok(client.post("/v1/verify", files={"first": first, "second": second}, data={"query": json.dumps(indexes)}))
        query = json.dumps({"face_id": face_id, "first_face_index": 0})
        _ok(client.post("/v1/verify", files={"first": self.photos[1].read_bytes()}, data={"query": query}))
        _ok(client.post("/v1/detect", files={"photo": self.photos[7].read_bytes()}))


def half_a_request(keep: KeepProcess, planted: Planted) -> bytes:
    """The beginning of an upload that says everything and never ends."""
    parts = [
        *(b'--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + one.read_bytes() + b"\r\n"
          for one in planted.photos[:2]),
        b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n',
        json.dumps([planted.known_of(planted.words["first name"])]).encode(),
    ]  # fmt: skip
    head = (
        f"POST /v1/collections/none/faces HTTP/1.1\r\nHost: 127.0.0.1:{keep.port}\r\n"
        f"Authorization: Bearer {keep.api_key}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 1000000\r\n\r\n"
    )
    return head.encode() + b"".join(parts)


def _ok(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code in (200, 201), answer.text
    return answer
