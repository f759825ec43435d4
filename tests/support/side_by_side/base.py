"""The vault and the model, their one clock, and how both are asked."""

import copy
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
from argon2 import PasswordHasher
from authenticator import Authenticator
from desk import Desk
from keep_model import Model, Session

from facekeep.errors import FacekeepError
from facekeep.vault import batches, clock, grants, wire
from facekeep.vault.identity import guesses, passwords, sessions, tickets, totp, tries
from facekeep.vault.keeper import Keeper
from facekeep.vault.standing import due

_CLOCKS = (sessions, tickets, tries, guesses, grants, due, batches, passwords, totp)
NOBODY = "fs_nobody"
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of entries, and no power cut to survive


class Base:
    """A vault in a folder of its own beside the model of it. It begins with nothing at all."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=_MEMORY)
        self.model = Model()
        self.hands: dict[str, Authenticator] = {}
        self.secrets: dict[str, tuple[str, bytes]] = {}
        self.api_keys: dict[str, str] = {}
        self.orgs: dict[str, str] = {}
        self.collections: dict[str, str] = {}
        self.places: dict[str, wire.FacePlace] = {}
        self.grants: dict[str, wire.Grant] = {}
        self.worn: set[str] = set()
        self.checked: dict[str, int] = {}
        self.enrolled = 0
        self.keeper = Keeper(self.root / "vault")
        self.desk = Desk(self.keeper)

    # ---- the machine that it runs on ----

    @property
    def root(self) -> Path:
        return Path(self.folder.name)

    @property
    def vault(self) -> Any:
        assert self.keeper._open is not None
        return self.keeper._open

    def monotonic(self) -> float:
        return 1_000.0 + self.model.now

    def time(self) -> float:
        return self.model.time.timestamp()

    def set_clocks(self, patch: pytest.MonkeyPatch) -> None:
        """From now on the vault's clocks show the model's time."""
        patch.setattr(clock, "now", lambda: self.model.time)
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))  # the cheapest
        for module in _CLOCKS:
            patch.setattr(module, "time", self)

    def twin(self) -> Self:
        """Another one that is in the same state, with the vault closed; this one must be sealed."""
        other = type(self)()
        shutil.copytree(self.root, other.root, dirs_exist_ok=True)
        for name in ("model", "secrets", "api_keys", "orgs", "collections", "places", "worn", "checked", "enrolled"):
            setattr(other, name, copy.deepcopy(getattr(self, name)))
        other.hands = {
            name: replace(one, passkeys=[key.clone() for key in one.passkeys]) for name, one in self.hands.items()
        }
        other.desk.cells, other.desk.blocks = dict(self.desk.cells), dict(self.desk.blocks)
        return other

    def unseal(self) -> None:
        self.keeper.operate(wire.Unseal(key_file=str(self.root / "key")))

    def restart(self) -> None:
        self.keeper.seal()
        self.unseal()
        self.model.restart()
        self.grants.clear()

    def kill(self) -> None:
        """As after SIGKILL: the files as they are this moment, and nothing of the memory."""
        moment = tempfile.TemporaryDirectory(dir=_MEMORY)
        shutil.copytree(self.root, moment.name, dirs_exist_ok=True)
        self.close()
        self.folder, self.keeper = moment, Keeper(Path(moment.name) / "vault")
        self.desk.keeper = self.keeper
        self.unseal()
        self.model.restart()
        self.grants.clear()

    def close(self) -> None:
        self.keeper.seal()
        self.folder.cleanup()

    # ---- asking ----

    def ask(self, message: wire.Message) -> Any:
        """The answer; in place of a refusal its code, for a budget with what is used up."""
        try:
            return self.keeper.serve(message)
        except FacekeepError as error:
            return " ".join(str(one) for one in (error.code, error.details.get("exhausted")) if one)

    def say(
        self, token: str, act: str, kind: Any, check: Callable[[Session], str] = lambda _: "", *done: str, **fields: Any
    ) -> Any:
        """Let whoever holds the session ask, and see that it is answered or refused as the model says."""
        refused = self.model.gate(token, act)
        is_known = refused != "unauthenticated"
        refused = refused or check(self.model.sessions[token])
        answer = self.ask(kind(session=token, **fields))
        if refused:
            assert answer == refused, (act, answer, refused)
            if is_known:
                self.model.write(self.model.sessions[token].org, act, refused.split()[0])
            return None
        assert not isinstance(answer, str), (act, answer)
        for one in done:
            self.model.write(self.model.sessions[token].org, one)
        return answer

    def only_people(self, session: Session) -> str:
        return "forbidden" if session.way == "key" else ""
