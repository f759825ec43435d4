"""What the settings file and the environment hold that should not be there: secrets, and switches of debuggers."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from facekeep.service.doctor.finding import Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject

_SECRETS = {
    "an API key": re.compile(r"\bfk_[A-Za-z0-9_-]{16,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a password in an address": re.compile(r"://[^\s/@:]+:[^\s/@]+@"),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a password": re.compile(r"(?i)\b(?:password|passphrase|secret|token)\b\s*[=:]\s*\S+"),
}
_SECRET_NAMES = re.compile(r"FACEKEEP_\w*(?:PASS|SECRET|SHARE|KEY|TOKEN)\w*|PGPASSWORD")
_DEBUG_NAMES = frozenset({
    "PYTHONDEVMODE", "PYTHONINSPECT", "PYTHONDEBUG", "PYTHONBREAKPOINT", "PYTHONSTARTUP", "PYTHONASYNCIODEBUG",
    "PYTHONTRACEMALLOC", "PYTHONFAULTHANDLER", "PYTHONVERBOSE", "PYTHONOPTIMIZE", "FACEKEEP_TRACEBACK",
    "NUMBA_DISABLE_JIT", "NUMBA_DEBUG", "NUMBA_DEBUGINFO", "NUMBA_DUMP_BYTECODE", "SSLKEYLOGFILE", "HTTPX_LOG_LEVEL",
})  # fmt: skip
_FOREIGN_CODE = ("PYTHONPATH", "PYTHONHOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT")
_AWS_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


@check(
    "secret-in-settings",
    Severity.BLOCKER,
    finds="something in keep.toml that looks like a key or password, in a comment too",
    allows="whoever reads a copy of the settings, or a backup, to use it",
)
def secret_in_settings(subject: Subject) -> Iterator[Problem]:
    """The text of the file; what it looks like is said, and never what it is."""
    path = subject.settings.data_dir / "keep.toml"
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
        for what, pattern in _SECRETS.items():
            if pattern.search(line):
                yield Problem(f"line {number} of {path} holds what looks like {what}", f"sed -i {number}d {path}")
                break


@check(
    "secret-in-environment",
    Severity.WARNING,
    finds="a variable of the environment that holds a secret of the keep's",
    allows="every process started from here, and whoever reads /proc as this user, to have it",
)
def secret_in_environment(subject: Subject) -> Iterator[Problem]:
    """Names, and values that look like an API key."""
    for name, value in sorted(subject.machine.environment().items()):
        if value and (_SECRET_NAMES.fullmatch(name) or _SECRETS["an API key"].search(value)):
            yield Problem(f"the variable {name} is set", command("unset", name))


@check(
    "debug-settings",
    Severity.WARNING,
    finds="a variable of the environment that makes Python, Numba or facekeep tell more, or check less",
    allows="names, paths or keys of connections to be written to a terminal or file",
)
def debug_settings(subject: Subject) -> Iterator[Problem]:
    """Names of switches."""
    for name in sorted(_DEBUG_NAMES & {name for name, value in subject.machine.environment().items() if value}):
        yield Problem(f"the variable {name} is set", command("unset", name))


@check(
    "foreign-code",
    Severity.WARNING,
    finds="a variable of the environment that loads code from other places than the installation",
    allows="whoever may write there to run code in the vault",
)
def foreign_code(subject: Subject) -> Iterator[Problem]:
    """Paths of Python and of the dynamic linker."""
    for name in _FOREIGN_CODE:
        if subject.machine.environment().get(name):
            yield Problem(f"the variable {name} is set", command("unset", name))


@check(
    "store-without-tls",
    Severity.WARNING,
    finds="an object store that is reached over plain HTTP beyond this machine",
    allows="whoever is on the network between to take its keys, count what is written, and destroy it",
)
def store_without_tls(subject: Subject) -> Iterator[Problem]:
    """The endpoint, which comes from the environment."""
    if not subject.settings.store.blobs_url.startswith("s3:"):
        return
    for name in _AWS_ENDPOINTS:
        parts = urlsplit(subject.machine.environment().get(name, ""))
        if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            yield Problem(f"{name} is {parts.scheme}://{parts.netloc}", f"export {name}=https://{parts.netloc}")


@check(
    "port-in-environment",
    Severity.NOTE,
    finds="the server's port taken from the environment, and not from keep.toml",
    allows="nothing; the settings do not say what runs",
)
def port_in_environment(subject: Subject) -> Iterator[Problem]:
    """FACEKEEP_PORT is for a second keep beside a first one."""
    port = subject.machine.environment().get("FACEKEEP_PORT", "")
    if port:
        yield Problem(f"FACEKEEP_PORT is {port}", set_command(subject, "http.port", port))
