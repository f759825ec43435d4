"""What the everyday commands print and send, against a scripted server."""

import json

import pytest

from facekeep.cli.main import run

ESCAPE = "\x1b]0;owned\x07"
CANDIDATE = {
    "rank": 1,
    "face_id": "f1",
    "person_id": "p1",
    "person_name": f"Ana{ESCAPE}",
    "score": 0.614,
    "one_in": 1000.0,
    "meaning": "about one stranger in 1,000 searches scores this high",
    "source": "https://example.org/a",
}
FOUND = {"candidates": [CANDIDATE], "gallery": 3, "floor": 0.4, "withheld": 2, "entry": 9}


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "probe.jpg"
    path.write_bytes(b"\xff\xd8 probe")
    return path


def test_collections_are_listed_and_shown(keep, capsys) -> None:
    assert keep("collections", "list") == 0
    assert "Archive" in capsys.readouterr().out
    assert keep("collections", "show", "c1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "Archive"


def test_a_collection_is_created_with_its_policy(keep, capsys) -> None:
    made = {**keep.rules["GET /v1/collections"][1]["items"][0], "name": "New"}
    keep.rule("POST /v1/collections", made)
    assert keep("collections", "create", "New", "--keep-photos", "--top", "5") == 0
    policy = json.loads(keep.requests("POST /v1/collections")[0][1])["policy"]
    assert (policy["keep_photos"], policy["top_k"], policy["score_floor"]) == (True, 5, None)
    assert "New" in capsys.readouterr().out


def test_two_collections_of_one_name_must_be_told_apart(keep, capsys) -> None:
    one = keep.rules["GET /v1/collections"][1]["items"][0]
    keep.rule("GET /v1/collections", {"items": [one, {**one, "collection_id": "c2"}], "next_cursor": ""})
    assert keep("collections", "show", "Archive") == 3
    assert "c1, c2" in capsys.readouterr().err
    assert keep("collections", "show", "c2") == 0


def test_search_prints_a_table_with_what_scores_mean(keep, photo, capsys) -> None:
    keep.rule("POST /v1/search", FOUND)
    assert keep("search", "Archive", photo, "--top", "3") == 0
    shown = capsys.readouterr()
    assert "Ana\\x1b]0;owned\\x07" in shown.out
    assert "\x1b" not in shown.out + shown.err
    assert "0.61" in shown.out
    assert "one stranger in 1,000" in shown.out
    assert "never identifications" in shown.err
    assert "2 more withheld" in shown.err
    assert b"probe.jpg" not in keep.requests("POST /v1/search")[0][1]


def test_search_that_finds_nobody_is_status_7(keep, photo, capsys) -> None:
    keep.rule("POST /v1/search", {**FOUND, "candidates": []})
    assert keep("search", "c1", photo) == 7
    assert "nobody in 3 faces scores 0.40 or more" in capsys.readouterr().out
    assert keep("search", "c1", photo, "--json") == 7
    assert json.loads(capsys.readouterr().out)["candidates"] == []


def test_several_faces_are_numbered_as_face_counts_them(keep, photo, capsys) -> None:
    boxes = [{"box": {"left": 10.4, "top": 20, "width": 30, "height": 40}, "quality": 80}, "rubbish", {"box": {}}]
    keep.rule("POST /v1/search", {"code": "several_faces", "detail": "2 faces", "faces": boxes}, status=422)
    assert keep("search", "c1", photo) == 3
    shown = capsys.readouterr()
    assert [word for word in shown.out.split() if word.isdigit()][:6] == ["1", "10", "20", "30", "40", "80"]
    assert "--face N" in shown.err
    keep.rule("POST /v1/search", FOUND)
    assert keep("search", "c1", photo, "--face", "2") == 0
    assert b'"face_index":1' in keep.requests("POST /v1/search")[1][1]


def test_verify_prints_the_score_and_its_meaning(keep, photo, capsys) -> None:
    keep.rule("POST /v1/verify", {"score": 0.55, "one_in": 9.0, "meaning": "rare", "entry": 3})
    assert keep("verify", photo, photo) == 0
    assert "score 0.55: rare" in capsys.readouterr().out
    assert keep("verify", photo, "--person", "p1", "--first-face", "2", "--json") == 0
    assert b'{"person_id":"p1","first_face_index":1}' in keep.requests("POST /v1/verify")[1][1]
    assert keep("verify", photo) == 2
    assert keep("verify", photo, photo, "--person", "p1") == 2


def test_forgetting_wants_a_yes_and_prints_the_receipt(keep, capsys) -> None:
    keep.rule("GET /v1/persons/p1", {"person_id": "p1", "collection_id": "c1", "name": f"Ana{ESCAPE}", "faces": 2})
    keep.rule("DELETE /v1/persons/p1", {"forgotten": 2, "entry": 8, "backup_horizon_hours": 24})
    assert keep("forget", "--person", "p1") == 3
    assert not keep.requests("DELETE /v1/persons/p1")
    assert keep("forget", "--person", "p1", "--yes") == 0
    shown = capsys.readouterr().out
    assert "forgotten: 2 faces, log entry 8" in shown
    assert "24 hours" in shown


def test_forgetting_a_collection_takes_its_name(keep, capsys) -> None:
    keep.rule("DELETE /v1/collections/c1", {"forgotten": 3, "entry": 8, "backup_horizon_hours": 24})
    assert keep("forget", "--collection", "Archive", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out)["forgotten"] == 3
    assert keep("forget", "--person", "p", "--face", "f") == 2


def test_status_without_a_vault_is_5_and_says_what_runs(keep, capsys) -> None:
    keep.rule("GET /healthz", {"state": "unreachable"})
    assert keep("status", "--json") == 5
    shown = json.loads(capsys.readouterr().out)
    assert (shown["vault"]["state"], shown["server"]) == ("unreachable", "unreachable")


def test_log_is_shown(keep, capsys) -> None:
    entry = {"entry": 4, "at": "2026", "actor": f"op{ESCAPE}", "act": "search", "outcome": "done", "facts": {"n": 1}}
    keep.rule("GET /v1/log/entries", {"entries": [entry], "next_start": None})
    assert keep("log", "show") == 0
    shown = capsys.readouterr().out
    assert "n=1" in shown
    assert "\x1b" not in shown


def test_a_log_with_a_bad_signature_is_status_6(keep, capsys) -> None:
    keep.rule("GET /v1/log/checkpoint", {"note": "a\n1\nx\n\n— a x\n", "verifier_key": "a+00000000+AAAA"})
    assert keep("log", "verify") == 6
    assert "[log_altered]" in capsys.readouterr().err


def test_a_link_or_a_pipe_is_no_photo(keep, tmp_path, photo, capsys) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.jpg")
    assert keep("search", "c1", tmp_path / "pipe.jpg") in {2, 3}
    assert not keep.requests("POST /v1/search")


def test_half_a_key_is_wrong_usage_and_no_broken_log(tmp_path, capsys) -> None:
    export = tmp_path / "export"
    export.write_text("{}\n")
    for key in ("", "facekeep/log_x", "facekeep/log_x+a0b10edd+"):
        assert run(["log", "verify", str(export), "--key", key]) == 2
        assert "facekeep log checkpoint" in capsys.readouterr().err
    assert run(["log", "verify", str(export), "--key", "facekeep/log_x+a0b10edd+AAAA"]) == 6
