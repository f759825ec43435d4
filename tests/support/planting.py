"""A keep in which misconfigurations are planted, one at a time, and what the doctor then finds."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from click.testing import CliRunner
from production import ProductionMachine

from facekeep import settings as settings_module
from facekeep.cli.main import facekeep
from facekeep.faces.registry import SFACE
from facekeep.service import setting_changes
from facekeep.service.doctor.examine import examine
from facekeep.service.doctor.finding import Check, Finding, Needs
from facekeep.service.doctor.registry import CHECKS
from facekeep.service.doctor.subject import Route, Subject
from facekeep.settings import Settings
from facekeep.vault.wire import Examination

KNOWN_PROGRAMS = {
    "chmod", "chown", "curl", "du", "export", "mv", "openssl", "python", "rm", "sed", "shred", "sudo", "swapoff",
    "sysctl", "systemctl", "timedatectl", "ulimit", "umask", "unlink", "unset", "useradd",
}  # fmt: skip
FILES = tuple(one for one in CHECKS if one.needs is Needs.FILES)


@dataclass
class Planted:
    """The folder, the machine that is told of, and what a vault and a server would say."""

    data_dir: Path
    config: Path
    machine: ProductionMachine
    advisories: Path
    routes: tuple[Route, ...] = ()
    examined: Examination | None = None
    server_runs: bool = False

    @property
    def settings(self) -> Settings:
        return settings_module.load(self.data_dir)

    @property
    def subject(self) -> Subject:
        names = ("machine", "examined", "server_runs", "routes", "advisories")
        return Subject(settings=self.settings, config_dir=self.config, **{one: getattr(self, one) for one in names})

    def set(self, name: str, value: str) -> None:
        setting_changes.set_setting(self.settings, name, value)

    def tell(self, **facts: object) -> None:
        """Change what is told of the machine."""
        self.machine = replace(self.machine, **facts)

    def findings(self, checks: Sequence[Check] = FILES) -> tuple[Finding, ...]:
        """By all checks of files; but models, which take a tenth of a second to hash, only where there are others."""
        if not (self.data_dir / "cache" / "models" / SFACE.file).exists():
            checks = [one for one in checks if one.name != "model-altered"]
        return examine(self.subject, {}, checks).findings

    def socket(self, name: str, mode: int) -> None:
        """A socket of the vault's as a file; whether anybody listens is not looked at."""
        path = self.data_dir / "run" / name
        path.touch()
        path.chmod(mode)


def run_fix(fix: str) -> None:
    """Carry a fix out, as the operator would paste it."""
    if not fix.startswith("facekeep "):
        subprocess.run(fix, shell=True, check=True, env={**os.environ, "PATH": os.environ["PATH"]})
        return
    ran = CliRunner().invoke(facekeep, shlex.split(fix)[1:])
    assert ran.exit_code == 0, ran.output


def assert_can_be_run(fix: str) -> None:
    """The command exists: facekeep's own is parsed by facekeep itself, any other is a program of a Unix system."""
    words = shlex.split(fix.strip("()").split("; ")[-1])
    if words[0] != "facekeep":
        assert words[0] in KNOWN_PROGRAMS, fix
        return
    command: click.Command = facekeep
    context = click.Context(facekeep)
    words = words[1:]
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, fix
        command, words = found, words[1:]
    if "/etc/facekeep/" not in fix:  # files that are the operator's to have
        command.make_context(command.name, list(words))
