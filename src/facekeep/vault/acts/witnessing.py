"""A witness that refused a checkpoint of this log: the server, which speaks with witnesses, reports it."""

from facekeep.vault import wire
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.signals import watch


def witness_refused(vault: OpenVault, message: wire.WitnessRefused) -> wire.Done:
    """An alarm: the witness, or this keep, was set back to an older state."""
    raise_alarm(vault, f"signal.{watch.WITNESS}", {"witness": message.witness})
    return wire.Done()
