"""`facekeep settings`: change one setting of keep.toml, checked before it is written."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, safe, say
from facekeep.service import setting_changes


@click.group()
def command() -> None:
    """Set or unset a setting of keep.toml. A keep that runs reads them at its next start."""


@command.command("set")
@click.argument("name")
@click.argument("value")
@common
def set_(options: Options, name: str, value: str) -> None:
    """Set NAME, such as http.host, to VALUE: TOML (32, true, '["a"]'), or text as it is."""
    setting_changes.set_setting(options.settings(), name, value)
    _say(options, name)


@command.command()
@click.argument("name")
@common
def unset(options: Options, name: str) -> None:
    """Take NAME out of keep.toml, so that it has its default."""
    setting_changes.unset_setting(options.settings(), name)
    _say(options, name)


@command.command()
@click.argument("url")
@click.argument("key")
@common
def witness(options: Options, url: str, key: str) -> None:
    """Add the witness at URL, whose verifier key is KEY."""
    setting_changes.add_witness(options.settings(), url, key)
    _say(options, "log.witnesses")


def _say(options: Options, name: str) -> None:
    if options.as_json:
        emit_json({"changed": name})
    else:
        say(f"{safe(name)} was changed in keep.toml; it counts from the next start")
