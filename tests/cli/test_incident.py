"""`facekeep incident` from opening to closing, on a vault in this process."""

import json
from pathlib import Path

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

    def told(*arguments: object) -> dict[str, object]:
        assert run(["incident", *(str(one) for one in arguments), "--data", str(room.folder), "--json"]) == 0
        return dict(json.loads(capsys.readouterr().out))

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
    entry = next(one for one in file["report"]["timeline"]["moments"] if one["what"].startswith("first act"))
    pointed = ("--from", begins_at, "--to", room.at, "--entry", f"{entry['customer']}/{entry['entry']}")
    told("report", opened["incident_id"], *pointed, "--host", "server", "--out", out)
    assert thief.key_id in json.loads(out.read_bytes())["report"]["question"]["suspects"]
    told("close", opened["incident_id"], "--reason", "looked into")
    room.keeper.seal()
