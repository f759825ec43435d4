"""A keep that is shut, torn apart or out of room: every request says so by a stable code, and nothing is half-done."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import httpx
import psutil
import pytest
from gallery import Gallery
from keep_process import KeepProcess, running_keep, wait_until
from refusals import entries, newest, refused

from facekeep.errors import FacekeepError
from facekeep.vault import seal
from facekeep.vault.journal import KEEP
from facekeep.vault.open_vault import OpenVault
from facekeep.web.door import OPEN_PATHS, SIGN_IN_PATHS

NewGallery = Callable[..., Gallery]
_ROUTES = Path(__file__).parents[1] / "contracts" / "routes.txt"
_ABOUT_NOTHING = (  # what they name is not there, nor does entry 0 begin an export
    "show_person", "read_export", "set_roles", "remove_member", "end_sessions", "withdraw_invitation", "make_api_key",
    "freeze_member", "lift_freeze",
    "revoke_api_key", "show_case", "change_case", "change_case_members", "close_case", "request_approval",
    "show_approval", "decide_approval", "list_leads", "show_lead", "decide_lead", "reveal_lead",
    "create_standing_search", "list_standing_searches_of_case", "show_standing_search", "approve_standing_search",
    "end_standing_search", "list_hits", "remove_webhook", "test_webhook",
)  # fmt: skip
_FOR_PEOPLE = (  # who signed in themselves; a key may not
    "choose_organization", "accept_invitation", "begin_proof", "finish_proof", "prove_password", "list_sessions",
    "end_other_sessions", "list_passkeys", "begin_passkey", "finish_passkey", "revoke_passkey", "begin_password",
    "finish_password", "change_password",
)  # fmt: skip
_SIGNED = {"clientDataJSON": "AA", "attestationObject": "AA", "authenticatorData": "AA", "signature": "AA"}
_PASSKEY = {"ticket": "AA", "credential": {"id": "AA", "type": "public-key", "response": _SIGNED}}
_PASSPHRASE = "seven umbrellas under one bridge"


@pytest.fixture
def gallery(new_gallery: NewGallery, portraits: Sequence[bytes]) -> Gallery:
    one = new_gallery(keep_photos=True)
    assert one.enroll(*portraits[:2]).status_code == 200
    return one


def every_request(gallery: Gallery, photo: bytes, *, forgetting: bool = True) -> Iterator[tuple[str, httpx.Response]]:
    """The name and the answer of a good request to each documented route that needs a key."""
    face = next(iter(gallery.faces))
    ids = {"collection_id": gallery.collection_id, "face_id": face, "person_id": "per_" + "a" * 26}
    ids |= {f"{kind}_id": f"{kind[:3]}_{'a' * 26}" for kind in ("case", "approval", "lead", "standing", "webhook")}
    for line in _ROUTES.read_text().splitlines():
        method, path, name = line.split()
        if path not in OPEN_PATHS | SIGN_IN_PATHS and (forgetting or not name.startswith("forget_")):
            yield name, gallery.client.request(method, path.format(**ids), **_filled(name, gallery, photo))


def _filled(name: str, gallery: Gallery, photo: bytes) -> dict[str, object]:
    searched = {"collection_ids": [gallery.collection_id]}
    sent: dict[str, dict[str, object]] = {
        "create_collection": {"json": {"name": token_hex(8)}},
        "enroll": {"files": {"photo": photo}, "data": {"metadata": "[{}]"}},
        "add_program": {"json": {"name": "p", "roles": ["auditor"]}},
        "invite": {"json": {"name": "p", "roles": ["auditor"]}},
        "set_roles": {"json": {"member_id": "mem_none", "roles": ["auditor"]}},
        "remove_member": {"json": {"member_id": "mem_none"}},
        "end_sessions": {"json": {"member_id": "mem_none"}},
        "freeze_member": {"json": {"member_id": "mem_none"}},
        "lift_freeze": {"json": {"kind": "member", "subject_id": "mem_none"}},
        "withdraw_invitation": {"json": {"invitation_id": "inv_none"}},
        "make_api_key": {"json": {"member_id": "mem_none", "name": "k"}},
        "revoke_api_key": {"json": {"key_id": "none"}},
        "create_case": {"json": {"purpose": "Testing and training", "legal_basis": "a test"}},
        "request_approval": {"json": {"case_id": "cas_none", "collection_id": gallery.collection_id}},
        "change_case": {"json": {}},
        "change_case_members": {"json": {}},
        "decide_approval": {"json": {"approved": True}},
        "set_rules": {"json": {}},
        "decide_lead": {"json": {"verdict": "cannot_say", "reason": "blurred"}},
        "reveal_lead": {"json": {"reason": "to ask the family"}},
        "create_standing_search": {"files": {"photo": photo}, "data": {"query": json.dumps(searched)}},
        "set_webhook": {"json": {"url": f"https://alerts.example/{token_hex(4)}"}},
        "choose_organization": {"json": {"organization_id": "org_none"}},
        "accept_invitation": {"json": {"invitation": "fi_none"}},
        "finish_proof": {"json": _PASSKEY},
        "prove_password": {"json": {"password": "x", "code": "123456"}},
        "finish_passkey": {"json": {**_PASSKEY, "name": "n"}},
        "revoke_passkey": {"json": {"passkey_id": "pas_none"}},
        "finish_password": {"json": {"ticket": "AA", "password": "x", "code": "123456"}},
        "change_password": {"json": {"password": "x"}},
        "create_person": {"json": {"name": token_hex(8)}},
        "detect": {"files": {"photo": photo}},
        "search": {"files": {"photo": photo}, "data": {"query": json.dumps(searched)}},
        "search_by_face": {"json": searched},
        "verify": {"files": {"first": photo, "second": photo}},
        "proof": {"params": {"entry": 0}},
        "read_export": {"params": {"entry": 0}},
        "consistency": {"params": {"old_size": 0, "new_size": 1}},
    }
    return sent.get(name, {})


def state_of(client: httpx.Client) -> str:
    return str(client.get("/healthz").json()["state"])


def own_entries(keep: KeepProcess, secret: str) -> list[tuple[str, str, dict[str, object]]]:
    """Act, outcome and facts of the entries that belong to no organization, from a vault that is not running."""
    found = seal.read(keep.settings.vault_dir)
    assert found is not None
    vault = OpenVault(keep.settings.vault_dir, seal.open_root(found, secret))
    try:
        return [(entry.act, entry.outcome, dict(entry.facts)) for entry in vault.journal.read(KEEP, 0, 1000)[0]]
    finally:
        vault.close()


def test_without_the_right_key_every_request_is_refused_in_the_same_words(gallery: Gallery, keep: KeepProcess) -> None:
    right = gallery.client.headers["authorization"]
    last = "a" if right[-1] != "a" else "b"
    told = set()
    for wrong in ("Bearer fk_wrong_key", right[:-1] + last, "Basic " + right.split()[1], ""):
        with httpx.Client(base_url=keep.base_url, headers={"authorization": wrong}, trust_env=False) as stranger:
            for _, answer in every_request(Gallery(stranger, gallery.collection_id, gallery.faces), b"photo"):
                assert answer.status_code == 401
                problem = refused(answer, "unauthenticated")
                told.add(json.dumps({**problem, "request_id": ""}))
    assert len(told) == 1
    gallery.check_whole()


def test_a_wrong_passphrase_opens_nothing_and_is_in_the_log_as_soon_as_there_is_one(tmp_path: Path) -> None:
    with running_keep(tmp_path, passphrase=_PASSPHRASE) as keep:
        with keep.client(headers={"authorization": "Bearer fk_wrong_key"}) as stranger:
            refused(stranger.get("/v1/collections"), "unauthenticated")
        assert keep.cli("vault", "seal").returncode == 0
        with keep.client() as client:
            for wrong in ("seven umbrellas under two bridges\n", "x\n"):
                told = keep.cli("vault", "unseal", "--stdin", typed=wrong)
                assert told.returncode == 4
                assert "unseal_refused" in told.stderr
                assert wrong.strip() not in told.stderr + told.stdout
                refused(client.get("/v1/collections"), "vault_sealed")
            assert json.loads(keep.cli("vault", "status", "--json").stdout)["state"] == "sealed"
            shut = keep.cli("collections", "list")
            assert shut.returncode == 5
            assert "vault_sealed" in shut.stderr
            assert keep.cli("vault", "unseal", "--stdin", typed=_PASSPHRASE + "\n").returncode == 0
            assert client.get("/v1/collections").status_code == 200
        keep.stop()
        told_acts = own_entries(keep, _PASSPHRASE)
    assert ("authenticate", "unauthenticated") in [(act, outcome) for act, outcome, _ in told_acts]
    (opened,) = [facts for act, outcome, facts in told_acts if (act, outcome) == ("vault.unseal", "done")]
    assert opened["failed_before"] == 2


def test_while_the_vault_is_sealed_every_request_says_so_and_after_unsealing_all_is_there(
    keep: KeepProcess, gallery: Gallery, portraits: Sequence[bytes]
) -> None:
    before = newest(gallery.client)
    assert keep.cli("vault", "seal").returncode == 0
    try:
        assert state_of(gallery.client) == "sealed"
        for name, answer in every_request(gallery, portraits[2]):
            assert answer.status_code == 503, name
            assert "facekeep vault unseal" in str(refused(answer, "vault_sealed")["detail"])
            assert answer.headers["retry-after"]
    finally:
        assert keep.cli("vault", "unseal").returncode == 0
    assert state_of(gallery.client) == "open"
    gallery.check_whole()
    assert not [one for one in entries(gallery.client, before + 1) if one["act"] in ("face.enroll", "face.forget")]


def test_while_the_vault_is_gone_every_request_says_so_and_the_server_finds_it_again_by_itself(
    keep: KeepProcess, gallery: Gallery, portraits: Sequence[bytes]
) -> None:
    server = keep.server_pid
    keep.kill_vault()
    try:
        assert state_of(gallery.client) == "unreachable"
        for name, answer in every_request(gallery, portraits[2]):
            assert answer.status_code == 503, name
            refused(answer, "vault_unreachable")
        told = keep.cli("collections", "list")
        assert told.returncode == 5
        assert "vault_unreachable" in told.stderr
    finally:
        keep.start_vault()
    assert state_of(gallery.client) == "open"
    gallery.check_whole()
    assert keep.server_pid == server
    again = {name: answer.status_code for name, answer in every_request(gallery, portraits[2], forgetting=False)}
    assert {again.pop(name) for name in _ABOUT_NOTHING} == {404}
    assert {again.pop(name) for name in _FOR_PEOPLE} == {403}
    assert set(again.values()) <= {200, 201, 204}, again


def test_a_request_that_hung_on_a_vault_which_is_killed_leaves_nothing_half_done(
    keep: KeepProcess, gallery: Gallery, portraits: Sequence[bytes]
) -> None:
    """The vault stands still when the request comes, and dies with it in its hands."""
    os.kill(keep.vault_pid, signal.SIGSTOP)
    with keep.client(timeout=1.0) as hasty, pytest.raises(httpx.TimeoutException):
        Gallery(hasty, gallery.collection_id).enroll(portraits[2])
    keep.kill_vault()
    keep.start_vault()
    gallery.check_whole()
    assert gallery.enroll(portraits[2]).status_code == 200
    gallery.check_whole()


def test_no_worker_outlives_a_killed_server_not_even_one_that_hangs(
    tmp_path: Path, portraits: Sequence[bytes]
) -> None:
    with running_keep(tmp_path) as keep:
        with keep.client() as client:
            assert client.post("/v1/detect", files={"photo": portraits[0]}).status_code == 200
        wait_until(lambda: len(keep.worker_pids) == 2, "one worker and one in reserve")
        workers = sorted(map(psutil.Process, keep.worker_pids), key=psutil.Process.create_time)
        workers[0].suspend()  # the other may be about to start still, and ends as soon as it has
        os.kill(keep.server_pid, signal.SIGKILL)
        wait_until(lambda: not any(map(_lives, workers)), "a worker outlived its server", 30)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own under `folder`."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder.mkdir(parents=True, mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no permission to mount: {mounted.stderr!r}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """No room left for a single byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture(scope="module")
def small_keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepProcess]:
    """A keep whose store and whose vault lie each on a small disk of its own."""
    folder = tmp_path_factory.mktemp("small")
    data = folder / "keep"
    with small_disk(data / "store", "8m"), small_disk(data / "vault", "8m"), running_keep(folder) as keep:
        yield keep


@pytest.fixture
def cramped(small_keep: KeepProcess, portraits: Sequence[bytes]) -> Iterator[Gallery]:
    with small_keep.client() as client:
        policy = {"minimum_quality": 0, "evaluation": True, "score_floor": 0.4, "exposure_limit": 1_000_000}
        made = client.post("/v1/collections", json={"name": token_hex(8), "policy": {"keep_photos": True, **policy}})
        gallery = Gallery(client, made.json()["collection_id"])
        assert gallery.enroll(*portraits[:2]).status_code == 200
        yield gallery


def until_refused(ask: Callable[[], httpx.Response], most: int) -> tuple[int, dict[str, object]]:
    """How often a request was answered before it was refused for want of room, and that refusal."""
    for answered in range(most):
        answer = ask()
        if answer.status_code != 200:
            assert answer.status_code == 507
            return answered, refused(answer, "disk_full")
    raise AssertionError(f"{most} requests were answered with a full disk")


def test_on_a_full_store_nothing_is_half_enrolled_and_with_room_again_it_is(
    small_keep: KeepProcess, cramped: Gallery, portraits: Sequence[bytes]
) -> None:
    start = newest(cramped.client)
    first, _ = cramped.faces
    with full(small_keep.settings.store_dir):
        answered, _ = until_refused(lambda: cramped.enroll(portraits[2]), 20)
        cramped.check_whole()
        asked = [one for one in entries(cramped.client, start) if one["act"] == "face.enroll"]
        assert len(asked) == answered + 1
        assert cramped.client.delete(f"/v1/faces/{first}").status_code == 200  # a forget needs no room
        del cramped.faces[first]
        cramped.check_whole()
    assert cramped.enroll(portraits[2]).status_code == 200
    cramped.check_whole()


def test_on_a_full_vault_nothing_opens_without_its_log_entry_and_with_room_again_all_works(
    small_keep: KeepProcess, cramped: Gallery, portraits: Sequence[bytes]
) -> None:
    start = newest(cramped.client)
    with full(small_keep.settings.vault_dir):
        answered, _ = until_refused(cramped.list, 1_000)
        face = next(iter(cramped.faces))
        for ask in (
            cramped.list,
            lambda: cramped.search(portraits[0]),
            lambda: cramped.enroll(portraits[2]),
            lambda: cramped.client.get(f"/v1/faces/{face}/crop"),
            lambda: cramped.client.get(f"/v1/faces/{face}/photo"),
            lambda: cramped.client.delete(f"/v1/faces/{face}"),
        ):
            refused(ask(), "disk_full")
        assert state_of(cramped.client) == "open"
    opened = [
        one for one in entries(cramped.client, start + 1) if (one["act"], one["outcome"]) == ("record.open", "asked")
    ]
    # What was asked for may fit as the last entry before the disk was full, and its refusal then stands in the answer.
    assert answered <= len(opened) <= answered + 1
    cramped.check_whole()
    assert cramped.enroll(portraits[2]).status_code == 200
    cramped.check_whole()


def test_a_vault_that_cannot_log_its_unsealing_stays_sealed_and_opens_once_there_is_room(
    small_keep: KeepProcess, cramped: Gallery
) -> None:
    with full(small_keep.settings.vault_dir):
        until_refused(cramped.list, 1_000)
        small_keep.seal()
        with pytest.raises(FacekeepError, match="disk_full"):
            small_keep.unseal()
        assert state_of(cramped.client) == "sealed"
        refused(cramped.list(), "vault_sealed")
    small_keep.unseal()
    cramped.check_whole()
