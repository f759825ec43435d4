"""What `facekeep up` and its programs say while an organization works, and every name of a file or an object that they
make: no name and no id of an organization, of a member, or of anything of theirs. Lines of requests are on.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from keep_process import free_port, wait_until

from facekeep import settings
from facekeep.service import organizations
from facekeep.service.drill import traces
from facekeep.service.drill.scanning import Scanner
from facekeep_sdk import Client, FacekeepApiError, Photo

pytestmark = pytest.mark.timeout(300)
CUSTOMER, ADMIN, MEMBER = "Bureau of Lost Umbrellas", "Admin Thistledown", "Investigator Quillfeather"


@contextmanager
def up(folder: Path, port: int, lines: Path) -> Iterator[None]:
    """`facekeep up` on a new folder, with everything that it says in the file `lines`."""
    own = {"FACEKEEP_PORT": str(port), "FACEKEEP_CONFIG": str(folder / "config")}
    command = [sys.executable, "-m", "facekeep.cli.main", "up", "--data", str(folder / "keep")]
    with lines.open("wb") as said:
        process = subprocess.Popen(command, env={**os.environ, **own}, stdout=said, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _answers(port), lines.read_text()[-2_000:])
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and b'"open"' in answer.content


def test_nothing_that_is_said_or_named_tells_of_anybody(tmp_path: Path, real_faces: Path) -> None:
    port, lines, data = free_port(), tmp_path / "lines.txt", tmp_path / "keep"
    data.mkdir(mode=0o700)
    (data / "keep.toml").write_text("[http]\nrequest_lines = true\n")
    with up(tmp_path, port, lines):
        added = organizations.add_organization(settings.load(data), name=CUSTOMER, admin=ADMIN, is_program=True)
        secrets = [added.organization_id, added.api_key, *_work(port, added.api_key, real_faces)]
        names = "\n".join(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    said = lines.read_text()
    assert said.count('"route": "/v1/') >= 10, "control: lines of requests were written"
    scanner = Scanner([one for text in (CUSTOMER, ADMIN, MEMBER, *secrets) for one in traces.of_text(text, text)])
    assert scanner.in_bytes(said.encode(), "lines") == []
    assert scanner.in_bytes(names.encode(), "names of files") == []
    assert scanner.in_bytes(f"said: {added.organization_id}".encode(), "control")


def _work(port: int, api_key: str, real_faces: Path) -> list[str]:
    """Do a little of everything, and some that fails; the ids that came up."""
    with Client(f"http://127.0.0.1:{port}", api_key) as client:
        me = client.me()
        program = client.add_program(MEMBER, ["investigator"])
        collection = client.create_collection(f"Gallery of {CUSTOMER}")
        photo = next((real_faces / "people").iterdir()) / "1.jpg"
        client.enroll(collection.collection_id, [Photo(photo)])
        case = client.create_case("Missing person", f"Asked by {MEMBER}", members=[program.member_id])
        client.search(photo, [collection.collection_id], case_id=case.case_id)
        client.rules()
        client.usage()
        for wrong in (lambda: client.case(program.member_id), lambda: client.collection(me.member.member_id)):
            with pytest.raises(FacekeepApiError):
                wrong()
        client.remove_member(program.member_id)
    ids = [me.member.member_id, program.member_id, collection.collection_id, case.case_id]
    with Client(f"http://127.0.0.1:{port}", f"{api_key}x") as wrong_key, pytest.raises(FacekeepApiError):
        wrong_key.me()
    return ids
