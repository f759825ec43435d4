"""What other people do meanwhile: they look at their galleries, search and read their log, two at a time."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from thefts.customers import Customer

if TYPE_CHECKING:
    from thefts.stage import Stage

Work = tuple[str, Callable[[Customer, random.Random], tuple[str, str]]]


def _face(one: Customer, luck: random.Random) -> str:
    return luck.choice(one.faces)


WORK: list[Work] = [
    ("custodian", lambda one, _: ("GET", f"/v1/collections/{one.collection}/faces?limit=3")),
    ("custodian", lambda one, _: ("GET", f"/v1/collections/{one.collection}/persons?limit=3")),
    ("investigator", lambda one, luck: ("GET", f"/v1/faces/{_face(one, luck)}/crop")),
    ("investigator", lambda one, luck: ("GET", f"/v1/faces/{_face(one, luck)}")),
    ("investigator", lambda one, luck: ("POST", f"/v1/faces/{_face(one, luck)}/search")),
    ("auditor", lambda one, _: ("GET", "/v1/log/entries?limit=5")),
    ("auditor", lambda one, _: ("GET", "/v1/members")),
    ("clerk", lambda one, _: ("GET", "/v1/api-keys")),
    ("clerk", lambda one, _: ("GET", "/v1/usage")),
    ("officer", lambda one, luck: ("GET", f"/v1/faces/{_face(one, luck)}/photo")),
    ("officer", lambda one, _: ("GET", "/v1/collections")),
    ("officer", lambda one, _: ("GET", "/v1/rules")),
]


class Traffic:
    """Two people at a time, of any customer. `held` lets what is under way end, and nothing begin."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._turn = threading.Condition()
        self._under_way = 0
        self._is_held = False
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.done = 0
        self.failed: list[str] = []

    def start(self) -> None:
        """People come to work."""
        self._over.clear()
        self._threads = [threading.Thread(target=self._work, args=(seed,), daemon=True) for seed in range(2)]
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """They go home; nothing of theirs may have been refused."""
        self._over.set()
        for one in self._threads:
            one.join(60)
        self._threads = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work goes on for as long as the block does, and at least some of it was done."""
        before = self.done
        self.start()
        try:
            yield
            self._wait_for(before + 8)
        finally:
            self.stop()
        assert not self.failed, self.failed

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._turn:
            self._is_held = True
            self._turn.wait_for(lambda: self._under_way == 0, 60)
        try:
            yield
        finally:
            with self._turn:
                self._is_held = False
                self._turn.notify_all()

    def _wait_for(self, done: int) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self.done >= done, 60)

    def _work(self, seed: int) -> None:
        luck = random.Random(seed)
        while not self._over.is_set():
            who, what = luck.choice(WORK)
            one = luck.choice(self._stage.customers)
            with self._turn:
                self._turn.wait_for(lambda: not self._is_held, 60)
                self._under_way += 1
            try:
                self._act(one, who, *what(one, luck))
            finally:
                with self._turn:
                    self._under_way -= 1
                    self.done += 1
                    self._turn.notify_all()
            self._over.wait(0.02)

    def _act(self, one: Customer, who: str, method: str, path: str) -> None:
        more = {"json": {"collection_ids": [one.collection]}} if method == "POST" else {}
        try:
            one.ask(who, method, path, **more)
        except Exception as error:
            self.failed.append(f"{who} {path}: {error}")
