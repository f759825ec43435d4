"""Bulk enrollment as a whole, against a scripted server: nothing lost, nothing twice, no run stopped by a bad file."""

import csv
import json
import threading
from pathlib import Path

import pytest

ENROLL = "POST /v1/collections/c1/faces"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    for number in range(40):
        path = folder / f"Person_{number % 5}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"BAD" if number in {7, 23} else b"photo ") + str(number).encode())
    return folder


def parts(body: bytes) -> tuple[list, list[bytes]]:
    boundary = body.split(b"\r\n", 1)[0]
    contents = [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in body.split(boundary)[1:-1]]
    return json.loads(contents[0]), contents[1:]


def sent_photos(keep) -> list[bytes]:
    return [photo for _, body in keep.requests(ENROLL) for photo in parts(body)[1]]


def test_a_folder_is_enrolled_in_batches_and_refusals_are_reported(keep, people, accept_all, capsys) -> None:
    keep.rule(ENROLL, accept_all)
    report = people.parent / "refused.csv"
    assert keep("enroll", "Archive", people, "--license", "CC0", "--report", report) == 7
    shown = capsys.readouterr()
    assert "38 photos enrolled, 2 refused" in shown.out
    assert "no_face" in shown.out
    batches = [parts(body) for _, body in keep.requests(ENROLL)]
    assert sorted(len(photos) for _, photos in batches) == [8, 16, 16]
    assert {about["person_name"] for metadata, _ in batches for about in metadata} == {f"Person {n}" for n in range(5)}
    assert {about["license"] for metadata, _ in batches for about in metadata} == {"CC0"}
    rows = list(csv.reader(report.read_text().splitlines()))
    assert rows[0] == ["path", "code", "reason"]
    assert {(Path(path).name, code) for path, code, _ in rows[1:]} == {("7.jpg", "no_face"), ("23.jpg", "no_face")}
    assert report.stat().st_mode & 0o077 == 0


def test_a_second_run_sends_nothing_again(keep, people, accept_all, capsys) -> None:
    keep.rule(ENROLL, accept_all)
    keep("enroll", "c1", people, "--report", people.parent / "1.csv")
    before = len(keep.requests(ENROLL))
    capsys.readouterr()
    assert keep("enroll", "c1", people, "--json", "--report", people.parent / "2.csv") == 7
    assert len(keep.requests(ENROLL)) == before
    shown = json.loads(capsys.readouterr().out)
    assert (shown["enrolled"], shown["known_before"], shown["refused"]) == (0, 38, {"no_face": 2})


def test_refused_photos_are_sent_again_when_asked(keep, people, accept_all) -> None:
    keep.rule(ENROLL, accept_all)
    keep("enroll", "c1", people, "--report", people.parent / "1.csv")
    before = len(keep.requests(ENROLL))
    keep("enroll", "c1", people, "--retry-refused", "--report", people.parent / "2.csv")
    again = [photo for _, body in keep.requests(ENROLL)[before:] for photo in parts(body)[1]]
    assert sorted(again) == [b"BAD23", b"BAD7"]


def test_a_batch_whose_answer_was_lost_is_sent_again_as_it_was(keep, people, accept_all, capsys) -> None:
    lock, first = threading.Lock(), []

    def fail_the_first(body: bytes):
        with lock:
            first.append(body)
            fails = parts(body)[1][0] == parts(first[0])[1][0]
        return (500, {"code": "internal", "detail": "lost"}) if fails else accept_all(body)

    keep.rule(ENROLL, fail_the_first)
    assert keep("enroll", "c1", people) == 5
    failed_key, failed = keep.requests(ENROLL)[0][0], parts(first[0])
    answered = {photo for body in first[1:] for photo in parts(body)[1]}
    keep.asked.clear()
    (people / "Person_0" / "00_new.jpg").write_bytes(b"photo new")  # would shift every batch
    keep.rule(ENROLL, accept_all)
    assert keep("enroll", "c1", people, "--report", people.parent / "r.csv") == 7
    again = {key: parts(body) for key, body in keep.requests(ENROLL)}
    assert again[failed_key] == failed
    assert not answered & set(sent_photos(keep))
    assert len(sent_photos(keep)) == len(set(sent_photos(keep)))
    assert b"photo new" in sent_photos(keep)


def test_a_batch_that_was_carried_out_with_other_facts_is_not_doubled(keep, people, accept_all, capsys) -> None:
    keep.rule(ENROLL, {"code": "internal", "detail": "lost"}, status=500)
    assert keep("enroll", "c1", people / "Person_0") == 5
    keep.rule(ENROLL, {"code": "idempotency_mismatch", "detail": "another request"}, status=409)
    capsys.readouterr()
    assert keep("enroll", "c1", people / "Person_0", "--license", "CC0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["enrolled"] == 8


def test_a_request_refused_as_a_whole_is_split_so_that_no_neighbor_suffers(keep, people, accept_all, capsys) -> None:
    def refuse_bad_wholly(body: bytes):
        if any(photo.startswith(b"BAD") for photo in parts(body)[1]):
            return 422, {"code": "photo_damaged", "detail": "cannot be read"}
        return accept_all(body)

    keep.rule(ENROLL, refuse_bad_wholly)
    assert keep("enroll", "c1", people, "--json", "--report", people.parent / "r.csv") == 7
    shown = json.loads(capsys.readouterr().out)
    assert (shown["enrolled"], shown["refused"]) == (38, {"photo_damaged": 2})


@pytest.mark.parametrize(("code", "status", "exit_status"), [("unauthenticated", 401, 4), ("disk_full", 507, 5)])
def test_what_is_no_photos_fault_stops_the_run(keep, people, code, status, exit_status, capsys) -> None:
    keep.rule(ENROLL, {"code": code, "detail": "no"}, status=status)
    assert keep("enroll", "c1", people) == exit_status
    assert len(keep.requests(ENROLL)) <= 2
    shown = capsys.readouterr()
    assert "0 photos enrolled" in shown.out
    assert f"[{code}]" in shown.err


def test_local_refusals_and_duplicates_are_counted(keep, tmp_path, accept_all, capsys) -> None:
    keep.rule(ENROLL, accept_all)
    folder = tmp_path / "people" / "Ana"
    folder.mkdir(parents=True)
    (folder / "1.jpg").write_bytes(b"photo")
    (folder / "2.jpg").write_bytes(b"photo")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "link.jpg").symlink_to(folder / "1.jpg")
    assert keep("enroll", "c1", folder.parent, "--json", "--report", tmp_path / "r.csv") == 7
    shown = json.loads(capsys.readouterr().out)
    assert (shown["enrolled"], shown["known_before"]) == (1, 1)
    assert shown["refused"] == {"photo_empty": 1, "not_a_file": 1}


def test_a_photo_over_the_servers_limit_travels_alone(keep, tmp_path, accept_all) -> None:
    keep.rule(ENROLL, accept_all)
    for name, size in (("1.jpg", 10), ("2.jpg", 20_000_001), ("3.jpg", 11), ("4.jpg", 12)):
        (tmp_path / name).write_bytes(b"p" * size)
    assert keep("enroll", "c1", *(tmp_path / f"{number}.jpg" for number in (1, 2, 3, 4))) == 0
    sizes = sorted([len(photo) for photo in parts(body)[1]] for _, body in keep.requests(ENROLL))
    assert sizes == [[10], [11, 12], [20_000_001]]


def test_a_report_is_never_written_over(keep, people, accept_all) -> None:
    keep.rule(ENROLL, accept_all)
    report = people.parent / "mine.csv"
    report.write_text("precious")
    assert keep("enroll", "c1", people, "--report", report) == 3
    assert report.read_text() == "precious"


def test_hostile_file_names_reach_neither_screen_nor_spreadsheet(keep, tmp_path, accept_all, capsys) -> None:
    keep.rule(ENROLL, accept_all)
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "=cmd|' C calc'!A0\x1b[2J.jpg").write_bytes(b"BAD")
    (folder / b"\xff\xfe.jpg".decode(errors="surrogateescape")).write_bytes(b"BAD2")
    report = tmp_path / "r.csv"
    assert keep("enroll", "c1", folder, "--report", report) == 7
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert len(list(csv.reader(report.read_text().splitlines()))) == 3
