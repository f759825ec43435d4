"""Clients of the live keep, and a collection to use."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from keep_process import KeepProcess


@pytest.fixture
def client(live_keep: KeepProcess) -> Iterator[httpx.Client]:
    with live_keep.client() as one:
        yield one


@pytest.fixture
def stranger(live_keep: KeepProcess) -> Iterator[httpx.Client]:
    """A client without a key."""
    with httpx.Client(base_url=live_keep.base_url, timeout=60, trust_env=False) as one:
        yield one


@pytest.fixture
def new_collection(client: httpx.Client) -> Callable[..., str]:
    """Makes a collection with some policy; its id."""

    def make(**policy: object) -> str:
        loose = {"case_required": False, **policy}
        answer = client.post("/v1/collections", json={"name": token_hex(8), "policy": loose})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["collection_id"])

    return make


@pytest.fixture
def enroll(client: httpx.Client) -> Callable[..., httpx.Response]:
    """Enrolls photos, each given as bytes or a path, with what is known of it."""

    def send(collection_id: str, *photos: tuple[bytes | Path, dict[str, object]], **options: object) -> httpx.Response:
        contents = [one if isinstance(one, bytes) else one.read_bytes() for one, _ in photos]
        return client.post(
            f"/v1/collections/{collection_id}/faces",
            data={"metadata": json.dumps([known for _, known in photos])},
            files=[("photo", ("photo", content)) for content in contents],
            **options,
        )

    return send
