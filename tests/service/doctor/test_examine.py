"""How checks are run: what fails is found, what is accepted is told, and nothing is accepted by mistake."""

import pytest
from planting import Planted

from facekeep.errors import FacekeepError
from facekeep.service.doctor.examine import examine
from facekeep.service.doctor.finding import Check, Needs, Problem, Severity


def broken(severity: Severity, error: Exception) -> Check:
    def look(_subject):
        yield Problem("one", "true")
        raise error

    return Check("umask", severity, Needs.FILES, "", "", look)


def test_a_check_that_fails_is_a_finding_of_its_severity_without_the_errors_text(planted: Planted) -> None:
    (found,) = examine(planted.subject, {}, [broken(Severity.BLOCKER, ValueError("fk_secret"))]).findings
    assert (found.severity, found.check) == ("blocker", "umask")
    assert "ValueError" in found.what
    assert "fk_secret" not in str(found)


def test_a_note_that_cannot_look_is_a_warning(planted: Planted) -> None:
    (found,) = examine(planted.subject, {}, [broken(Severity.NOTE, OSError(13, "denied", "/srv/x"))]).findings
    assert found.severity == "warning"
    assert "/srv/x" in found.what


def test_the_settings_accept_warnings_and_never_blockers(planted: Planted) -> None:
    planted.set("doctor.accepted.umask", "our terminals are alone")
    planted.set("doctor.accepted.network-folder", "it is fast")
    planted.tell(mask=0, kind="nfs4")
    report = examine(planted.subject, {})
    assert [one.check for one in report.findings] == ["network-folder"]
    assert {one.check: one.accepted for one in report.accepted}["umask"] == "our terminals are alone"


def test_a_flag_accepts_a_blocker_by_name(planted: Planted) -> None:
    planted.tell(kind="nfs4")
    report = examine(planted.subject, {"network-folder": "a test"})
    assert report.findings == ()
    assert report.worst is None


def test_an_unknown_name_is_refused_wherever_it_stands(planted: Planted) -> None:
    with pytest.raises(FacekeepError, match="no check named umaks"):
        examine(planted.subject, {"umaks": "typo"})
    planted.set("doctor.accepted.umaks", "typo")
    with pytest.raises(FacekeepError, match="no check named umaks"):
        examine(planted.subject, {})


def test_the_worst_comes_first(planted: Planted) -> None:
    planted.set("http.request_lines", "true")
    planted.tell(kind="nfs4", mask=0)
    found = examine(planted.subject, {}).findings
    assert [one.severity for one in found] == ["blocker", "warning", "note"]
