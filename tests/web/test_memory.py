"""What was sent is not in the memory of the idle server afterwards, and never in a file."""

import asyncio
import json
import os
import re
from pathlib import Path
from secrets import token_hex

import httpx
from file_watch import no_file_is_written
from keep_process import wait_until

from facekeep.service.keep import open_keep
from facekeep.web.app import create_app


def places_of(pid: int, marker: bytes) -> int:
    """How often the marker stands in the writable memory of a process."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("rw"):
                found += _count(memory, int(start, 16), int(end, 16), marker)
    return found


def _count(memory, start: int, end: int, marker: bytes) -> int:
    try:
        memory.seek(start)
        return memory.read(end - start).count(marker)
    except OSError:
        return 0  # a mapping that cannot be read, or is gone


def test_photos_names_and_keys_do_not_stay_in_the_idle_server(live_keep):
    marker = f"Zephyrine-{token_hex(8)}"
    with live_keep.client() as client:
        collection = client.post("/v1/collections", json={"name": token_hex(8)}).json()["collection_id"]
        for _ in range(3):
            person = client.post(f"/v1/collections/{collection}/persons", json={"name": marker + token_hex(2)})
            assert marker in client.get(f"/v1/persons/{person.json()['person_id']}").text
        assert marker in client.get(f"/v1/collections/{collection}/persons").text
        photo = b"\xff\xd8" + marker.encode() * 50_000
        assert client.post("/v1/detect", files={"photo": ("p", photo)}).status_code >= 400
        metadata = json.dumps([{"person_name": marker}])
        form = {"data": {"metadata": metadata}, "files": {"photo": ("p", photo)}}
        assert client.post(f"/v1/collections/{collection}/faces", **form).status_code == 200
        assert client.post("/v1/collections", json={"name": marker, "wrong": marker}).status_code == 400
    wait_until(lambda: places_of(live_keep.server_pid, marker.encode()) == 0, "the name is still in memory", 30)


def test_the_search_for_memory_sees_what_is_there():
    marker = bytearray(b"Ottoline-" + token_hex(8).encode())
    assert places_of(os.getpid(), bytes(marker)) > 0


def test_no_request_becomes_a_file(live_keep):
    with open_keep(live_keep.settings) as keep:
        door = create_app(keep, touched=lambda: None)

        async def ask(size: int) -> httpx.Response:
            headers = {"Authorization": f"Bearer {live_keep.api_key}"}
            transport = httpx.ASGITransport(door)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
                with no_file_is_written():
                    return await client.post("/v1/detect", files={"photo": ("p", b"x" * size)})

        for size in (100, 5_000_000):
            assert asyncio.run(ask(size)).json()["code"] == "photo_unsupported"
