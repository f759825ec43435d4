"""What only the vault knows of members, keys and rules: counts over all organizations together."""

from collections.abc import Iterator

from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command
from facekeep.service.doctor.subject import Subject
from facekeep.vault.wire import Examination


@check(
    "keys-without-end",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="API keys that never end",
    allows="a key that leaked years ago, or whose owner left, to be used still",
)
def keys_without_end(subject: Subject) -> Iterator[Problem]:
    """Live keys without a date."""
    if count := _of(subject).keys_without_end:
        yield Problem(f"{_counted(count, 'API key')} without an end", _facekeep(subject, "keys", "list"))


@check(
    "keys-expiring",
    Severity.NOTE,
    needs=Needs.VAULT,
    finds="API keys that end within two weeks",
    allows="nothing; a program of yours will stop",
)
def keys_expiring(subject: Subject) -> Iterator[Problem]:
    """Live keys whose date is near."""
    if count := _of(subject).keys_expiring:
        yield Problem(f"{_counted(count, 'API key')} within two weeks of the end", _facekeep(subject, "keys", "list"))


@check(
    "keys-unused",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="API keys that nobody used for 90 days",
    allows="a forgotten copy to be used by somebody else without being missed",
)
def keys_unused(subject: Subject) -> Iterator[Problem]:
    """Live keys of which only their end would be noticed."""
    if count := _of(subject).keys_unused:
        yield Problem(f"{_counted(count, 'API key')} not used for 90 days", _facekeep(subject, "keys", "list"))


@check(
    "admins-unused",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="admins who have not signed in for 90 days",
    allows="the account of somebody who left to change members and rules",
)
def admins_unused(subject: Subject) -> Iterator[Problem]:
    """Admins whose every credential rests."""
    if count := _of(subject).admins_unused:
        yield Problem(f"{_counted(count, 'admin')} not seen for 90 days", _facekeep(subject, "members", "list"))


@check(
    "single-admin",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="an organization with one admin alone",
    allows="one lost passkey to leave nobody who can remove a member or end a key",
)
def single_admin(subject: Subject) -> Iterator[Problem]:
    """Organizations that hang on one person."""
    if count := _of(subject).single_admins:
        fix = _facekeep(subject, "members", "invite", "NAME", "--role", "admin")
        yield Problem(f"{_counted(count, 'organization')} with one admin", fix)


@check(
    "no-passkey",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="people who sign in with a password and have no passkey",
    allows="a page that looks like yours to take password and code, and to use both at once",
)
def no_passkey(subject: Subject) -> Iterator[Problem]:
    """Members who can be phished."""
    if count := _of(subject).people_without_passkey:
        people = "1 person" if count == 1 else f"{count} people"
        yield Problem(f"{people} without a passkey", _facekeep(subject, "rules", "set", "--no-password-sign-in"))


@check(
    "rules-never-set",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="an organization whose rules and budgets nobody ever set",
    allows="5,000 searches a day by somebody with a stolen session, where you may need fifty",
)
def rules_never_set(subject: Subject) -> Iterator[Problem]:
    """Rules that were never reviewed: whoever sets them, even to the defaults, has."""
    if count := _of(subject).rules_never_set:
        fix = _facekeep(subject, "rules", "set", "--by-person", "50", "--in-all", "200")
        yield Problem(f"{_counted(count, 'organization')} with rules that nobody ever set", fix)


@check(
    "budgets-wide-open",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="an organization that allows more than 20,000 searches a day",
    allows="a stolen session to walk through a whole gallery in a day",
)
def budgets_wide_open(subject: Subject) -> Iterator[Problem]:
    """Limits that limit nothing."""
    if count := _of(subject).budgets_wide_open:
        fix = _facekeep(subject, "rules", "set", "--by-person", "200", "--in-case", "500", "--in-all", "5000")
        yield Problem(f"{_counted(count, 'organization')} with more than 20,000 searches a day", fix)


@check(
    "retention-off",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="an organization that keeps cases for more than three years after their end",
    allows="a breach in ten years to hold the cases of today",
)
def retention_off(subject: Subject) -> Iterator[Problem]:
    """Retention so long that it is none."""
    if count := _of(subject).retention_over_years:
        fix = _facekeep(subject, "rules", "set", "--case-retention-days", "30")
        yield Problem(f"{_counted(count, 'organization')} with cases kept for more than three years", fix)


@check(
    "open-evaluations",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="collections for evaluation, which are searched without case and budget",
    allows="whoever enrolls real people there to search them past every rule",
)
def open_evaluations(subject: Subject) -> Iterator[Problem]:
    """Collections that measurements left behind."""
    if count := _of(subject).open_evaluations:
        yield Problem(f"{_counted(count, 'collection')} for evaluation", _facekeep(subject, "collections", "list"))


@check(
    "shipped-score-table",
    Severity.NOTE,
    needs=Needs.VAULT,
    finds="scores explained by the table that comes with facekeep, measured on other photos than yours",
    allows="people to trust a lead more, or less, than your photos deserve",
)
def shipped_score_table(subject: Subject) -> Iterator[Problem]:
    """No table of one's own."""
    if not _of(subject).has_own_score_table:
        fix = _facekeep(subject, "vault", "install-score-table", "/etc/facekeep/scores.json")
        yield Problem("the meaning of scores was measured on other photos than yours", fix)


def _of(subject: Subject) -> Examination:
    assert subject.examined is not None, "the check needs an open vault"
    return subject.examined


def _facekeep(subject: Subject, *words: str) -> str:
    return command("facekeep", *words, "--data", subject.settings.data_dir)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
