"""kill -9 of a whole keep under HTTP load with real photos: vault, server with its workers, or both, at any moment."""

import json
import os
import random
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
from crash_model import Model, Seen
from keep_process import KeepProcess, running_keep, wait_until

from facekeep.vault.log_fsck import fsck
from facekeep_sdk.ledger_check import TreeHead, check_consistency, check_inclusion, open_checkpoint

CYCLES = 8
SEED = 20_260_302
_WHOM = ("vault", "server", "vault", "both")
_OLD_ONES = 5  # of the faces forgotten in earlier cycles, that each cycle tries to open again
_FEW, _MANY = 3, 6
_AWAY = ("vault_unreachable", "vault_sealed", "busy")


@dataclass
class Load(threading.Thread):
    """Enrolls, forgets and searches over HTTP until it is told to stop; tells the model.

    An enrollment that got no answer is sent again with its idempotency key, as a careful client does.
    """

    keep: KeepProcess
    collection: str
    photos: dict[str, bytes]
    model: Model
    seed: int
    stopping: threading.Event = field(default_factory=threading.Event)
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(self.seed)
        self._alive = dict(self.model.alive)
        self._number = 0
        self._unanswered: tuple[int, list[str]] | None = None

    __hash__ = threading.Thread.__hash__

    @property
    def is_over(self) -> bool:
        """Whether it met with something that must not be, or ended by it."""
        return bool(self.strange) or not self.is_alive()

    def run(self) -> None:
        """Act after act. A forget without an answer stays open in the model."""
        with self.keep.client() as client:
            while not self.stopping.is_set():
                try:
                    self._act(client)
                except httpx.TransportError:
                    self.stopping.wait(0.02)
                except Exception as error:  # the outermost loop of this thread
                    self.strange.append(repr(error))
                    return

    def _act(self, client: httpx.Client) -> None:
        forgets = 0.6 if len(self._alive) > _MANY else 0.3 if len(self._alive) > _FEW else 0.0
        dice = self._chance.random()
        free = sorted(set(self.photos) - set(self._alive.values()))
        if self._unanswered is not None:
            self._send(client, *self._unanswered)
        elif dice < forgets:
            self._forget(client)
        elif dice > 0.8 and self._alive:
            self._search(client)
        elif free:
            names = self._chance.sample(free, self._chance.choice((1, 1, 2)))
            self._unanswered = (self._begin("enroll", photos=names), names)
        else:
            self.stopping.wait(0.02)

    def _send(self, client: httpx.Client, number: int, names: list[str]) -> None:
        chosen = {name: self.photos[name] for name in names}
        answer = enroll(client, self.collection, chosen, f"{self.seed}-{number}")
        if self._is_good(answer):
            faces = enrolled(answer)
            self._alive |= faces
            self._unanswered = None
            self._end(number, faces=faces, entry=answer.json()["entry"])

    def _forget(self, client: httpx.Client) -> None:
        face = self._chosen()
        if face is None:
            return
        number = self._begin("forget", face=face)
        photo = self._alive.pop(face)
        self._alive[f"unsure {photo}"] = photo  # not to be enrolled anew while nobody knows whether it is gone
        answer = client.delete(f"/v1/faces/{face}")
        if self._is_good(answer):
            del self._alive[f"unsure {photo}"]
            self._end(number, entry=answer.json()["entry"])

    def _search(self, client: httpx.Client) -> None:
        face = self._chosen()
        if face is None:
            return
        number = self._begin("search", face=face)
        answer = search(client, self.collection, self.photos[self._alive[face]])
        if self._is_good(answer):
            found = answer.json()["candidates"]
            self._end(number, best=found[0]["face_id"] if found else None, entry=answer.json()["entry"])

    def _chosen(self) -> str | None:
        known = sorted(face for face in self._alive if not face.startswith("unsure "))
        return self._chance.choice(known) if known else None

    def _begin(self, kind: str, **facts: Any) -> int:
        self._number += 1
        self.model.take({"begin": self._number, "kind": kind, **facts})
        return self._number

    def _end(self, number: int, **facts: Any) -> None:
        try:
            self.model.take({"end": number, **facts})
        except AssertionError as error:
            self.strange.append(str(error))

    def _is_good(self, answer: httpx.Response) -> bool:
        if answer.status_code == 200:
            return True
        code = answer.json()["code"]
        if code not in _AWAY:
            self.strange.append(answer.text)
        self.stopping.wait(0.05)
        return False


@dataclass
class Attack:
    """A keep, its gallery, and what is known of it."""

    keep: KeepProcess
    collection: str
    photos: dict[str, bytes]
    model: Model = field(default_factory=Model)
    head: TreeHead | None = None
    verifier_key: str = ""
    unproved: set[int] = field(default_factory=set)
    ready_s: list[float] = field(default_factory=list)

    def cycles(self, seeds: range) -> None:
        """A cycle a seed; fails with the seed of the one that went wrong."""
        for seed in seeds:
            try:
                self._cycle(seed)
            except Exception as error:
                raise AssertionError(f"seed {seed}, after {self.model.acts} acts: {error}") from error

    def _cycle(self, seed: int) -> None:
        chance = random.Random(seed)
        whom, before = _WHOM[seed % len(_WHOM)], set(self.model.forgotten)
        load = Load(self.keep, self.collection, self.photos, self.model, seed)
        load.start()
        time.sleep(chance.uniform(0.1, 1.2))
        self._kill(whom, chance)
        if whom != "server":
            self._check_log_files()
        started = time.monotonic()
        self._start(whom)
        if whom != "vault":
            self._stop(load)
        with self.keep.client() as client:
            wait_until(lambda: client.get("/v1/collections").status_code == 200, "the keep is not back")
            self.ready_s.append(time.monotonic() - started)
            if whom == "vault":  # the server lived on, and serves without help
                done = self.model.acts
                wait_until(lambda: self.model.acts > done or load.is_over, "the server does not serve again")
                self._stop(load)
            old = chance.sample(sorted(before), min(len(before), _OLD_ONES))
            self.check(client, (self.model.forgotten - before).union(old))

    def _kill(self, whom: str, chance: random.Random) -> None:
        killers: list[Callable[[], None]] = []
        killers += [self.keep.kill_server] if whom != "vault" else []
        killers += [self.keep.kill_vault] if whom != "server" else []
        chance.shuffle(killers)
        for kill in killers:
            kill()

    def _start(self, whom: str) -> None:
        if whom != "server":
            self.keep.start_vault()
        if whom != "vault":
            self.keep.start_server()

    def _stop(self, load: Load) -> None:
        load.stopping.set()
        load.join(90)
        assert not load.is_alive(), "a request is still waiting for its answer"
        assert not load.strange, load.strange[:3]

    def check(self, client: httpx.Client, to_open: Set[str]) -> None:
        """Everything the keep shows, against everything it acknowledged; `to_open` are forgotten faces to ask for."""
        seen = Seen(self._listed(client))
        for face, name in seen.listed.items():
            found = good(search(client, self.collection, self.photos[name])).json()["candidates"]
            seen.best[face] = found[0]["face_id"] if found else None
            seen.candidates |= {one["face_id"] for one in found}
        seen.opened = {face for face in to_open if _opens(client, face)}
        seen.entries = self._check_log(client)
        self.model.check(seen)
        self.model.entries.clear()

    def _listed(self, client: httpx.Client) -> dict[str, str]:
        items = good(client.get(f"/v1/collections/{self.collection}/faces", params={"limit": 1000})).json()["items"]
        for face in items:
            assert good(client.get(f"/v1/faces/{face['face_id']}/crop")).content.startswith(b"\xff\xd8")
            assert good(client.get(f"/v1/faces/{face['face_id']}/photo")).content.startswith(b"\xff\xd8")
        return {face["face_id"]: face["photo_name"] for face in items}

    def _check_log_files(self) -> None:
        if self.head is not None:
            folder = self.keep.settings.vault_dir / "log"
            fsck(folder, self.verifier_key, expected_size=self.head.size, expected_root=self.head.root)

    def _check_log(self, client: httpx.Client) -> set[int]:
        """Numbers of our entries, after the log was checked against the last checkpoint seen."""
        note = good(client.get("/v1/log/checkpoint")).json()
        self.verifier_key = self.verifier_key or note["verifier_key"]
        head = open_checkpoint(note["note"], self.verifier_key)
        if self.head is not None:
            sizes = {"old_size": self.head.size, "new_size": head.size}
            proof = good(client.get("/v1/log/consistency", params=sizes)).json()
            check_consistency(self.head, head, [b64decode(one) for one in proof["hashes"]])
        self.unproved |= self.model.entries
        for entry in sorted(self.unproved):
            answer = client.get("/v1/log/proof", params={"entry": entry, "size": head.size})
            if answer.status_code == 503 and answer.json()["code"] == "not_yet_published":
                break  # it and all after it are for the next check
            proof = good(answer).json()
            hashes = [b64decode(one) for one in proof["hashes"]]
            check_inclusion(b64decode(proof["leaf_hash"]), index=proof["index"], head=head, proof=hashes)
            self.unproved.remove(entry)
        self.head = head
        return _entries_from(client, min(self.model.entries, default=0))


def enroll(client: httpx.Client, collection: str, photos: dict[str, bytes], key: str) -> httpx.Response:
    """Enroll photos, each as a person of its name."""
    metadata = [{"person_name": name, "photo_name": name, "which_face": "largest"} for name in photos]
    return client.post(
        f"/v1/collections/{collection}/faces",
        data={"metadata": json.dumps(metadata)},
        files=[("photo", ("photo", content)) for content in photos.values()],
        headers={"Idempotency-Key": key},
    )


def enrolled(answer: httpx.Response) -> dict[str, str]:
    """Faces with the names of their photos; every photo must have given one."""
    photos = answer.json()["photos"]
    assert all(len(photo["faces"]) == 1 for photo in photos), photos
    return {photo["faces"][0]["face_id"]: photo["photo_name"] for photo in photos}


def search(client: httpx.Client, collection: str, photo: bytes) -> httpx.Response:
    """Search for the largest face of a photo."""
    query = {"collection_ids": [collection], "face_index": 0}
    return client.post("/v1/search", data={"query": json.dumps(query)}, files={"photo": ("photo", photo)})


def good(answer: httpx.Response) -> httpx.Response:
    """The answer, which must not be a refusal."""
    assert answer.status_code == 200, answer.text
    return answer


def _opens(client: httpx.Client, face: str) -> bool:
    answers = [client.get(f"/v1/faces/{face}{part}") for part in ("", "/crop", "/photo")]
    assert {answer.status_code for answer in answers} <= {200, 404}
    return any(answer.status_code == 200 for answer in answers)


def _entries_from(client: httpx.Client, first: int) -> set[int]:
    found: set[int] = set()
    start: int | None = first
    while start is not None:
        page = good(client.get("/v1/log/entries", params={"start": start, "limit": 1000})).json()
        found |= {entry["entry"] for entry in page["entries"]}
        start = page["next_start"]
    return found


def run(folder: Path, real_faces: Path, cycles: int) -> Attack:
    """That many cycles over a gallery of real photos."""
    people = sorted(path for path in (real_faces / "people").iterdir() if len(list(path.iterdir())) == 2)[:30]
    photos = {path.name: (path / "1.jpg").read_bytes() for path in people}
    with running_keep(folder) as keep:
        with keep.client() as client:
            policy: dict[str, Any] = {"keep_photos": True, "evaluation": True, "score_floor": 0.4, "minimum_quality": 0}
            policy["exposure_limit"] = 1_000_000
            answer = client.post("/v1/collections", json={"name": "gallery", "policy": policy})
            assert answer.status_code == 201, answer.text
        attack = Attack(keep, answer.json()["collection_id"], photos)
        attack.cycles(range(SEED, SEED + cycles))
        with keep.client() as client:
            attack.check(client, attack.model.forgotten)
        return attack


@pytest.mark.timeout(600)
def test_kill_9_of_any_process_loses_and_revives_nothing(real_faces: Path, tmp_path: Path) -> None:
    done = run(tmp_path, real_faces, int(os.environ.get("FACEKEEP_CYCLES", CYCLES)))
    print(f"{len(done.ready_s)} cycles, {done.model.acts} acts acknowledged, {len(done.model.forgotten)} forgotten")
    print(f"ready again after {median(done.ready_s):.2f} s (median), {max(done.ready_s):.2f} s at worst")
    assert done.model.acts > CYCLES
    assert median(done.ready_s) <= 5


@pytest.mark.nightly
@pytest.mark.timeout(7_200)
def test_hundreds_of_kills_of_the_whole_keep(real_faces: Path, tmp_path: Path) -> None:
    done = run(tmp_path, real_faces, 300)
    assert median(done.ready_s) <= 5
