"""How far the vault is from the server: users, machines, sockets."""

from collections.abc import Iterator

from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject

VAULT, SERVER = "facekeep.vault", "facekeep.web"
UNITS = {VAULT: "facekeep-vault.service", SERVER: "facekeep-server.service"}


@check(
    "one-user",
    Severity.WARNING,
    finds="vault and server under one user of the system",
    allows="whoever runs code in the server to use the operator's socket: issue keys, seal, stop",
)
def one_user(subject: Subject) -> Iterator[Problem]:
    """The owners of their folders and, where they run, their processes."""
    settings, machine = subject.settings, subject.machine
    sides = []
    for module, folder in ((VAULT, settings.vault_dir), (SERVER, settings.store_dir)):
        running = {one.uid for one in machine.processes(module, settings.data_dir)}
        sides.append(running | ({machine.facts(folder).uid} if folder.exists() else set()))
    if not settings.vault.server_user:
        fix = set_command(subject, "vault.server_user", "facekeep")
        yield Problem("vault.server_user is not set: vault and server run as one user", fix)
    elif both := sides[0] & sides[1]:
        fix = command("chown", "-R", settings.vault.server_user, settings.store_dir, settings.cache_dir)
        yield Problem(f"vault and server both belong to {machine.user_name(min(both))}", fix)


@check(
    "one-machine",
    Severity.NOTE,
    finds="vault and server on one machine, which is all that this release can do",
    allows="whoever is root there to read both; a flaw of the kernel to lead from the server to the vault",
)
def one_machine(subject: Subject) -> Iterator[Problem]:
    """Always so: they are joined by a Unix socket. To be accepted with open eyes."""
    words = ("facekeep", "settings", "set", "doctor.accepted.one-machine")
    fix = command(*words, "nobody else is root on this machine", "--data", subject.settings.data_dir)
    yield Problem(f"vault and server share this machine, over {subject.settings.vault_socket}", fix)


@check(
    "root-process",
    Severity.WARNING,
    finds="a process of the keep that runs as root",
    allows="whoever runs code in it to own the machine, the vault's memory included",
)
def root_process(subject: Subject) -> Iterator[Problem]:
    """Root is nobody to serve strangers with."""
    for module in (VAULT, SERVER):
        for one in subject.machine.processes(module, subject.settings.data_dir):
            if one.uid == 0:
                fix = command("systemctl", "edit", UNITS[module])
                yield Problem(f"process {one.pid} ({module}) runs as root", fix)


@check(
    "no-such-server-user",
    Severity.BLOCKER,
    finds="a server's user in the settings that the system does not know",
    allows="nothing: the vault does not start",
)
def no_such_server_user(subject: Subject) -> Iterator[Problem]:
    """A name that is no user's."""
    user = subject.settings.vault.server_user
    if user and not subject.machine.knows_user(user):
        fix = command("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user)
        yield Problem(f"vault.server_user names {user}, who is no user of this system", fix)


@check(
    "vault-memory",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="an open vault whose memory is not locked, on a machine that swaps without encryption",
    allows="keys to reach the disk, where they stay",
)
def vault_memory(subject: Subject) -> Iterator[Problem]:
    """Locked memory of the vault's process."""
    if not subject.machine.plain_swaps():
        return
    for one in subject.machine.processes(VAULT, subject.settings.data_dir):
        if one.locked_bytes == 0:
            what = f"process {one.pid} (the vault) has locked no memory: its limit does not let it"
            yield Problem(what, command("swapoff", "-a"))
