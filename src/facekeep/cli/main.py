"""`facekeep`: finds the command's module when it is needed, and turns every error into two lines and an exit status."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence

import click

from facekeep import __version__
from facekeep.cli.exits import Exit, advice, exit_status
from facekeep.cli.screen import show_error
from facekeep.errors import FacekeepError

COMMANDS = {
    "up": "Run a keep on this machine until Ctrl-C.",
    "init": "Make a new keep.",
    "demo": "Try a keep with six freely licensed photos.",
    "collections": "Create, list, show or delete collections.",
    "cases": "Open, list, show, extend, share or close cases.",
    "approvals": "Ask for a second person's approval of a search, or decide.",
    "review": "Decide, two people apart, what the leads of a case are.",
    "standing": "Keep looking for a person among faces enrolled later.",
    "webhooks": "Say where hits of standing searches are told.",
    "rules": "Show or set your organization's rules.",
    "usage": "Show what your organization used.",
    "enroll": "Enroll photos, folders or a CSV manifest.",
    "search": "Search a collection for the face on a photo.",
    "verify": "Compare two photos, or a photo with an enrolled person.",
    "forget": "Forget a person, a face or a collection for good.",
    "members": "Invite, list, change and remove members of your organization.",
    "keys": "Make, list and revoke API keys.",
    "join": "Accept an invitation with a password.",
    "sign-in": "Sign in with a password and a code.",
    "sign-out": "End the session of who signed in here.",
    "me": "Show who is signed in, and change to another organization.",
    "password": "Change your password or authenticator app.",
    "status": "Show the state of the keep.",
    "doctor": "Find misconfigurations, what they allow, and what puts them right.",
    "settings": "Change a setting of keep.toml.",
    "log": "Show and check the log.",
    "alarms": "List, acknowledge or test alarms, at the vault on this machine.",
    "canary": "List, test or replace the decoys of this keep, at the vault on this machine.",
    "vault": "Open, close and look after the vault on this machine.",
    "backup": "Back the keep up, and look after backups.",
    "restore": "Make a keep from a backup, on a clean host.",
    "drill": "Rob a keep made for it, and see what a thief of each tier reads.",
    "incident": "Report exactly what was accessed, and what was not.",
    "bench": "Measure speed on this machine.",
    "evaluate": "Measure error rates on labelled photos.",
}


class _Commands(click.Group):
    """Imports a command's module when the command runs; the list of commands needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"facekeep.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="facekeep")
def facekeep() -> None:
    """Face search over lawful galleries, built so that a breach leaks nothing."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit status. Every error ends here."""
    try:
        status = facekeep.main(list(arguments), prog_name="facekeep", standalone_mode=False)
    except SystemExit:
        return Exit.OK  # how click says that the reader of the output left; there is nothing more to say
    except (Exception, KeyboardInterrupt) as error:
        return _failed(error, as_json="--json" in arguments)
    return status if isinstance(status, int) else Exit.OK


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does: what was begun is tidied up
    sys.exit(run(sys.argv[1:]))


def _failed(error: BaseException, *, as_json: bool) -> int:
    if isinstance(error, click.ClickException):
        error.show()
        return Exit.USAGE
    if isinstance(error, click.Abort | KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    from facekeep_sdk import FacekeepSdkError  # noqa: PLC0415 - keeps `facekeep --help` fast

    if isinstance(error, FacekeepError | FacekeepSdkError):
        more = {name: getattr(error, name, None) for name in ("entry", "request_id")}
        show_error(error.code, error.message, advice(error.code), as_json=as_json, **more)
        return exit_status(error.code)
    if os.environ.get("FACEKEEP_TRACEBACK"):
        raise error
    # Its own text might hold a name or a path.
    what = f"something unexpected happened ({type(error).__name__})"
    show_error("unexpected", what, "FACEKEEP_TRACEBACK=1 shows where", as_json=as_json)
    return Exit.UNEXPECTED


if __name__ == "__main__":
    main()
