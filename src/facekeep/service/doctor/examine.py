"""Running the checks: every problem becomes a finding, and so does a check that could not look."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.service.doctor.finding import DOCS_PAGE, Check, Finding, Needs, Severity, command
from facekeep.service.doctor.registry import CHECKS
from facekeep.service.doctor.subject import Subject

_ORDER = list(Severity)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, worst first; what somebody accepted; and the checks that could not be made as things stand."""

    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    not_made: tuple[str, ...]
    made: int

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst finding that nobody accepted."""
        return self.findings[0].severity if self.findings else None


def examine(subject: Subject, accepted: Mapping[str, str], checks: Sequence[Check] = CHECKS) -> Report:
    """The report of `checks` on `subject`. `accepted` says for names of checks why their findings are lived with.

    The settings may accept warnings and notes; only `accepted` accepts blockers.

    Raises
    ------
    BadInput
        `invalid_request`: a check is accepted that there is none of.
    """
    _refuse_unknown({**subject.settings.doctor.accepted, **accepted})
    possible = [one for one in checks if _can_look(subject, one)]
    found = sorted(_findings(subject, possible), key=lambda one: _ORDER.index(one.severity))
    weighed = [_weighed(one, subject.settings.doctor.accepted, accepted) for one in found]
    return Report(
        findings=tuple(one for one in weighed if not one.accepted),
        accepted=tuple(one for one in weighed if one.accepted),
        not_made=tuple(one.name for one in checks if one not in possible),
        made=len(possible),
    )


def _findings(subject: Subject, checks: Iterable[Check]) -> Iterator[Finding]:
    for one in checks:
        try:
            yield from [
                _finding(one, problem.what, problem.fix, problem.severity or one.severity)
                for problem in one.look(subject)
            ]
        except Exception as error:  # a check that cannot look has found something: nobody knows that all is well there
            yield _failed(subject, one, error)


def _finding(one: Check, what: str, fix: str, severity: Severity) -> Finding:
    return Finding(one.name, severity, what, one.allows, fix, f"{DOCS_PAGE}#{one.name}")


def _failed(subject: Subject, one: Check, error: Exception) -> Finding:
    """The kind of error alone, unless it is one of ours: another's text might hold a secret that was looked at."""
    why = f"{type(error).__name__}" if not isinstance(error, FacekeepError) else error.message
    where = f" at {error.filename}" if isinstance(error, OSError) and error.filename else ""
    again = command("sudo", "facekeep", "doctor", "--data", subject.settings.data_dir)
    what = f"the check {one.name} could not look ({why}{where})"
    return _finding(one, what, again, Severity.WARNING if one.severity is Severity.NOTE else one.severity)


def _can_look(subject: Subject, one: Check) -> bool:
    if one.needs is Needs.VAULT:
        return subject.examined is not None
    return subject.server_runs if one.needs is Needs.SERVER else True


def _weighed(one: Finding, by_settings: Mapping[str, str], by_flag: Mapping[str, str]) -> Finding:
    why = by_flag.get(one.check, "")
    if not why and one.severity is not Severity.BLOCKER:
        why = by_settings.get(one.check, "")
    return replace(one, accepted=why)


def _refuse_unknown(accepted: Mapping[str, str]) -> None:
    known = {one.name for one in CHECKS}
    for name in accepted:
        if name not in known:
            raise BadInput(Code.INVALID_REQUEST, f"there is no check named {name}; docs/doctor.md lists them")
