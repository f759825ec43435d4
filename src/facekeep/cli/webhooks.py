"""`facekeep webhooks`: where your organization is told that there are hits."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, note, say, table
from facekeep_sdk import Webhook


@click.group()
def command() -> None:
    """Set, list, remove or test webhooks."""


@command.command("set")
@click.argument("url")
@common
def set_(options: Options, url: str) -> None:
    """Tell URL of hits, and show the secret that deliveries are signed with. For a known URL: a new secret."""
    with options.client() as client:
        made = client.set_webhook(url)
    if options.as_json:
        emit_json(made)
        return
    table(("Webhook", ""), [("Id", made.webhook.webhook_id), ("URL", made.webhook.url), ("Secret", made.secret)])
    note("The secret is shown this once. Give it to the receiver, which checks every delivery with it.")


@command.command("list")
@common
def list_(options: Options) -> None:
    """List the webhooks with what became of their deliveries."""
    with options.client() as client:
        found = client.webhooks()
    if options.as_json:
        emit_json(found)
    elif found:
        rows = [(one.webhook_id, one.url, one.pending, one.given_up, _last(one)) for one in found]
        table(("Id", "URL", "Waiting", "Given up", "Last"), rows)
    else:
        say("no webhooks")


@command.command()
@click.argument("webhook")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def remove(options: Options, webhook: str, yes: bool) -> None:
    """Remove WEBHOOK (an id) with what waits to be delivered there."""
    confirmed("Remove this webhook?", yes=yes)
    with options.client() as client:
        entry = client.remove_webhook(webhook)
    if options.as_json:
        emit_json({"entry": entry})
    else:
        say(f"removed, log entry {entry}")


@command.command()
@click.argument("webhook")
@common
def test(options: Options, webhook: str) -> None:
    """Send a delivery to WEBHOOK (an id) that tells of nothing; `list` says what became of it."""
    with options.client() as client:
        shown = client.test_webhook(webhook)
    if options.as_json:
        emit_json(shown)
    else:
        say("queued; see: facekeep webhooks list")


def _last(one: Webhook) -> str:
    return f"{one.deliveries[0].event} {one.deliveries[0].last_outcome or 'waiting'}" if one.deliveries else ""
