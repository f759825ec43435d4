"""What is looked at: one keep, the machine it is on, and the answers of whatever of it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from facekeep.errors import Code, Unavailable
from facekeep.service import administration
from facekeep.service.administration import VaultState
from facekeep.service.doctor.machine import Machine
from facekeep.settings import Settings
from facekeep.vault.wire import Examination, Examine

_TIMEOUT_S = 60.0  # a server that has just been started loads its models first
_LONGEST_BODY = 100_000


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the server, as its own table tells it. `is_open`: nobody is asked who they are."""

    method: str
    path: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the headers (names in lower case) of an answer of the server's."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything a check may look at. `examined` is None unless the vault is open; `routes` come from the web room."""

    settings: Settings
    machine: Machine
    config_dir: Path
    examined: Examination | None = None
    server_runs: bool = False
    routes: tuple[Route, ...] = ()
    advisories: Path | None = None

    @property
    def is_made(self) -> bool:
        """Whether there is a keep already: its seal exists."""
        return (self.settings.vault_dir / "seal.json").exists()

    def ask_server(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """What the server says to somebody unknown.

        Raises
        ------
        Unavailable
            `internal`: it did not answer.
        """
        host = "127.0.0.1" if self.settings.http.host in {"0.0.0.0", "::"} else self.settings.http.host  # noqa: S104
        connection = HTTPConnection(host, self.settings.http.port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            answer.read(_LONGEST_BODY)
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()})
        except (OSError, HTTPException) as error:
            raise Unavailable(Code.INTERNAL, "the server did not answer") from error
        finally:
            connection.close()


def examined(settings: Settings, vault: VaultState) -> Examination | None:
    """What an open vault says of itself, which is an entry of its log; None where it is not open."""
    return administration.ask(settings, Examine(), Examination) if vault.state == "open" else None
