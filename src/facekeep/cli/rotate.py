"""`facekeep vault rotate`: other keys for the same keep, while it runs."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed, new_passphrase, secret
from facekeep.cli.screen import emit_json, note, safe, say
from facekeep.service import rotation
from facekeep.service.rotation import NewSecret
from facekeep.settings import Settings

_METHODS = {"key-file": "key_file", "passphrase": "passphrase", "shares": "shares"}


@click.group()
def command() -> None:
    """Give the keep other keys: see "Rotating keys" in docs/operating.md for which, and when."""


@command.command()
@click.option("--unseal", type=click.Choice(list(_METHODS)), help="How the vault is opened from now on; else as now.")
@click.option("--stdin", "from_stdin", is_flag=True,
              help="Read secrets from standard input, a line each: the present one (three shares), then the new one.")
@click.option("--yes", is_flag=True, help="Do not ask whether the new shares are written down.")
@common
def root(options: Options, unseal: str | None, from_stdin: bool, yes: bool) -> None:
    """Rotate the root key, the database's key, and the secret that opens the vault.

    An older seal.json with its secret opens nothing written from now on. Requests wait while the database is copied.
    """
    settings = options.settings()
    before = rotation.present_method(settings)
    method = _METHODS[unseal] if unseal else before
    present = _present(before, from_stdin=from_stdin)
    new = _new_secret(settings, options, method, from_stdin=from_stdin, yes=yes)
    done = rotation.rotate_root(settings, present=present, new=new)
    if options.as_json:
        emit_json({"entry": done.entry, "pause_ms": done.pause_ms, "method": method})
        return
    say(f"the root key is another one, log entry {done.entry}; requests waited {done.pause_ms / 1000:.1f} s")
    if before != method or before == "passphrase":
        say("what opened the vault before opens backups from before, and nothing else: destroy it with them")


@command.command()
@click.argument("organization_id", metavar="[ORGANIZATION]", default="")
@click.option("--all", "every", is_flag=True, help="All organizations, one after the other.")
@common
def organization(options: Options, organization_id: str, every: bool) -> None:
    """Rotate the key of ORGANIZATION (an id): cases, leads, webhooks and collection keys are sealed again."""
    if bool(organization_id) == every:
        raise click.UsageError("name one organization, or say --all")
    settings = options.settings()
    if every:
        count = rotation.rotate_every_organization(settings)
        _told(options, {"organizations": count}, f"{count} organizations have another key")
        return
    entry = rotation.rotate_organization(settings, organization_id)
    _told(options, {"entry": entry}, f"the organization has another key, entry {entry} of the keep's own log")


@command.command()
@click.argument("organization_id", metavar="[ORGANIZATION]", default="")
@click.option("--no-wait", is_flag=True, help="Return at once; the server does it in the background.")
@common
def blocks(options: Options, organization_id: str, no_wait: bool) -> None:
    """Seal every block of ORGANIZATION (an id), or of all, under a fresh secret; old secrets are destroyed.

    The server does it, about a block a second, while searches go on. What is interrupted goes on at the next start.
    """
    settings = options.settings()
    due = rotation.rotate_blocks(settings, organization_id)
    if not no_wait:
        rotation.wait_for_blocks(settings, lambda left: note(f"{left} blocks to go"))
    text = f"{due.blocks} blocks {'will get' if no_wait else 'have'} a fresh secret"
    _told(options, {"entry": due.entry, "blocks": due.blocks}, f"{text}, entry {due.entry} of the keep's own log")


@command.command("log-key")
@common
def log_key(options: Options) -> None:
    """Rotate the key that signs the log's checkpoints.

    Clients that remember the old key follow its last signature to the new one..
    """
    done = rotation.rotate_log_key(options.settings())
    if options.as_json:
        emit_json({"entry": done.entry, "verifier_key": done.verifier_key, "handover": done.handover})
        return
    say(f"the log has another key, entry {done.entry} of the keep's own log:", f"  {safe(done.verifier_key)}")
    say("add it to every witness of this log: facekeep log witness --origin-key, once for each key")


def _present(method: str, *, from_stdin: bool) -> str:
    """The secret that opens the vault now; empty for a key file, whose place is known."""
    if method == "key_file":
        return ""
    if method == "passphrase":
        return secret("Present passphrase", from_stdin=from_stdin)
    count = rotation.SHARES_NEEDED
    shares = [secret(f"Present share {i + 1} of {count}", from_stdin=from_stdin) for i in range(count)]
    return "\n".join(" ".join(one.lower().split()) for one in shares)


def _new_secret(settings: Settings, options: Options, method: str, *, from_stdin: bool, yes: bool) -> NewSecret:
    if method == "passphrase":
        return NewSecret(method, new_passphrase(from_stdin=from_stdin))
    if method == "key_file":
        return NewSecret(method)
    return NewSecret(method, _with_people(rotation.draw_shares(settings), options, yes=yes))


def _with_people(shares: tuple[str, ...], options: Options, *, yes: bool) -> str:
    """Three of the shares, once all five are with people: from the rotation on nothing else opens the vault."""
    if options.as_json:
        emit_json({"shares": shares})
    else:
        say("five new shares, shown once; any three open the vault from the rotation on:", "")
        say(*(f"  {i}. {safe(share)}" for i, share in enumerate(shares, 1)), "")
    confirmed("Is each of them written down, by another person?", yes=yes)
    return "\n".join(shares[: rotation.SHARES_NEEDED])


def _told(options: Options, facts: dict[str, object], text: str) -> None:
    if options.as_json:
        emit_json(facts)
    else:
        say(text)
