"""`facekeep incident` from opening to closing, on a vault in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
from incident_room import furnish

from facekeep.cli.main import run
from facekeep.vault import wire


def test_an_incident_is_opened_reported_verified_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = furnish(tmp_path / "keep", monkeypatch)
    begins_at, thief = room.at, room.actors[0]
    room.wait(61)
    room.ask(thief, wire.ListMembers(session=thief.session), wire.MemberPage, "members")
    room.wait(61)

    def told(*arguments: object) -> Any:
        assert run(["incident", *(str(one) for one in arguments), "--data", str(room.folder), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    opened = told("open")
    out, html, pdf = (tmp_path / f"report.{kind}" for kind in ("json", "html", "pdf"))
    asked = ("--from", begins_at, "--to", room.at, "--key", thief.key_id, "--tier", "api-key")
    cause = tmp_path / "cause.txt"
    cause.write_text("A key was left in a public script.")
    made = told("report", opened["incident_id"], *asked, "--out", out, "--html", html, "--pdf", pdf)
    assert made["problems"] == ["the log: no checkpoint that a known witness signed before it and after it"]
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert len(pdf.read_bytes()) > 5_000
    assert "REQUIRED" in html.read_text()
    file = json.loads(out.read_bytes())
    assert file["report"]["root_cause"]["state"] == "REQUIRED"
    assert b"First" not in out.read_bytes()
    told("report", opened["incident_id"], *asked, "--out", out, "--root-cause", cause)
    assert json.loads(out.read_bytes())["report"]["root_cause"]["text"].startswith("A key was left")
    assert told("verify", out, "--key", made["key"])["verdicts"] == made["verdicts"]
    (accessed,) = [
        one["customer"]
        for one in file["report"]["customers"]
        if any(field["verdict"] == "ACCESSED" for field in one["fields"])
    ]
    assert told("name", opened["incident_id"], accessed)["name"] == "First"
    letters = ("notify", out, "--key", made["key"], "--out")
    notices = told(*letters, tmp_path / "notices", "--pdf")
    letter = (tmp_path / "notices" / "customers" / accessed / "letter.html").read_text()
    assert "First" in letter
    assert "Second" not in letter
    assert notices["required"] == sum(len(one["marks"]) for one in notices["notices"]) > 20
    assert sum(one["file"].startswith("customers/") for one in notices["notices"]) == 3
    assert told(*letters, tmp_path / "offline", "--offline")["required"] == notices["required"]
    assert not any(b"First" in one.read_bytes() for one in (tmp_path / "offline").rglob("*.html"))
    (clocks,) = told("clocks")
    assert clocks["aware_at"] == opened["aware_at"]
    assert told("clocks", "--report", out, "--key", made["key"])[0]["clocks"] == clocks["clocks"]
    altered = tmp_path / "altered.json"
    altered.write_bytes(out.read_bytes().replace(b'"ACCESSED"', b'"NO EVIDENCE"', 1))
    folder = ("--out", str(tmp_path / "none"), "--offline")
    assert run(["incident", "notify", str(altered), "--key", str(made["key"]), *folder]) == 6
    assert not (tmp_path / "none").exists()
    capsys.readouterr()
    entry = next(one for one in file["report"]["timeline"]["moments"] if one["what"].startswith("first act"))
    pointed = ("--from", begins_at, "--to", room.at, "--entry", f"{entry['customer']}/{entry['entry']}")
    told("report", opened["incident_id"], *pointed, "--host", "server", "--out", out)
    assert thief.key_id in json.loads(out.read_bytes())["report"]["question"]["suspects"]
    told("close", opened["incident_id"], "--reason", "looked into")
    room.keeper.seal()
