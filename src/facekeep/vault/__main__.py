"""`python -m facekeep.vault --data DIR`: the vault's process. Starts sealed, and stays until it is told to stop."""

import argparse
import fcntl
import os
import signal
import sys
from pathlib import Path

from facekeep import settings
from facekeep.errors import FacekeepError
from facekeep.sealed.secret import require_known_answers
from facekeep.vault.alarm_hook import hook_of
from facekeep.vault.hardening import harden_process
from facekeep.vault.identity.passkeys import RelyingParty
from facekeep.vault.keeper import Keeper
from facekeep.vault.server import guest_named, serve


def main() -> int:
    """Run the vault. Returns 3 where settings or this machine are wrong and 5 where another vault has the folder."""
    parser = argparse.ArgumentParser(prog="facekeep.vault", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the keep's data folder")
    try:
        chosen = settings.load(parser.parse_args().data)
        harden_process()
        require_known_answers()
        keeper = Keeper(
            chosen.vault_dir,
            chosen.log,
            RelyingParty(chosen.sign_in.rp_id, chosen.sign_in_origins),
            alarm_hook=hook_of(chosen.alarms, chosen.data_dir),
            canaries=chosen.canaries,
            signals=chosen.signals,
            backup=chosen.backup,
        )
        lock = os.open(chosen.vault_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _stop(keeper))
        guest = guest_named(chosen.vault.server_user)
        serve(keeper, server_socket=chosen.vault_socket, operator_socket=chosen.admin_socket, guest=guest)
    except BlockingIOError:
        print("another vault is running on this folder", file=sys.stderr)
        return 5
    except FacekeepError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


def _stop(keeper: Keeper) -> None:
    """Seal, so that the log is published, and end. `_exit` leaves no thread behind that still holds a key."""
    keeper.seal()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
