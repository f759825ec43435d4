"""Databases: whether their tables are those that this version makes, and how far away they are."""

from collections.abc import Iterator

from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject
from facekeep.settings import is_loopback

_WITH_TLS = frozenset({"require", "verify-ca", "verify-full"})


@check(
    "vault-schema",
    Severity.BLOCKER,
    needs=Needs.VAULT,
    finds="tables of the vault's database that differ from those this version makes",
    allows="a trigger or a table that somebody added to copy what is written",
)
def vault_schema(subject: Subject) -> Iterator[Problem]:
    """What the vault says when it compares its own tables."""
    if subject.examined is not None and not subject.examined.schema_is_ours:
        fix = command("facekeep", "vault", "seal", "--data", subject.settings.data_dir)
        yield Problem("the tables of the vault's database are not those of this version", fix)


@check(
    "store-schema",
    Severity.WARNING,
    finds="tables of the records database that differ from those this version makes",
    allows="a trigger or a table that somebody added to note what is read and written, and when",
)
def store_schema(subject: Subject) -> Iterator[Problem]:
    """The version that the database says it has, and its tables."""
    from facekeep.store.drift import drift  # noqa: PLC0415 - `facekeep up` stays small

    what = drift(subject.settings.store.records_url, subject.settings.store_dir)
    if what:
        yield Problem(f"the records database: {what}", command("systemctl", "restart", "facekeep-server.service"))


@check(
    "database-without-tls",
    Severity.WARNING,
    finds="a records database on another machine that is reached without insisting on TLS",
    allows="whoever is on the network between to read sizes and times, and to exchange ciphertext",
)
def database_without_tls(subject: Subject) -> Iterator[Problem]:
    """`sslmode` of the URL."""
    untrusted_url = subject.settings.store.records_url
    if not untrusted_url.startswith("postgres"):
        return
    from sqlalchemy import make_url  # noqa: PLC0415 - `facekeep up` stays small
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(untrusted_url)
    except ArgumentError:
        return  # the server says so when it starts
    if url.host and not is_loopback(url.host) and url.query.get("sslmode") not in _WITH_TLS:
        fixed = url.update_query_dict({"sslmode": "verify-full"}).render_as_string(hide_password=True)
        what = f"store.records_url leads to {url.host} without sslmode=verify-full"
        yield Problem(what, set_command(subject, "store.records_url", fixed))
