"""What a keep has acknowledged, and whether what it shows after a crash agrees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """What a keep shows.

    Faces with their photos; the best candidate of a search for each one's photo; every candidate shown; forgotten faces
    that something still opens; the numbers of the organization's log entries.
    """

    listed: dict[str, str]
    best: dict[str, str | None] = field(default_factory=dict)
    candidates: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)


@dataclass
class Model:
    """Everything acknowledged so far. An act that began and was not answered may have happened or not, but not half.

    `cut_short` holds the photos of each enrollment that got no answer before the last check, and the faces it made.
    """

    alive: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)
    acts: int = 0
    cut_short: list[tuple[list[str], set[str]]] = field(default_factory=list)
    _under_way: dict[int, dict[str, Any]] = field(default_factory=dict)

    def take(self, message: Mapping[str, Any]) -> None:
        """Note one line of the load."""
        if "begin" in message:
            self._under_way[message["begin"]] = dict(message)
        elif "failed" in message:
            if message["code"] != "vault_unreachable":  # any other error says that nothing was done
                self._under_way.pop(message["failed"], None)
        elif "end" in message:
            self._acknowledged(self._under_way.pop(message["end"]), message)

    def check(self, seen: Seen) -> None:
        """Fail where the keep contradicts what it acknowledged; what it shows of unanswered acts is then decided."""
        self._settle(seen)
        lost = self.alive.keys() - seen.listed.keys()
        assert not lost, f"{len(lost)} acknowledged faces are not listed"
        risen = seen.listed.keys() - self.alive.keys()
        assert not risen, f"{len(risen)} faces are listed that were forgotten or never enrolled"
        assert seen.listed == self.alive, "a face is listed with another photo than its own"
        unfound = [face for face in self.alive if seen.best.get(face) != face]
        assert not unfound, f"{len(unfound)} of {len(self.alive)} acknowledged faces are not found by a search"
        assert not seen.candidates & self.forgotten, "a forgotten face was shown as a candidate"
        assert not seen.opened, f"{len(seen.opened)} forgotten faces can still be opened"
        missing = self.entries - seen.entries
        assert not missing, f"acknowledged log entries are missing: {sorted(missing)[:5]}"

    def _acknowledged(self, begun: dict[str, Any], answer: Mapping[str, Any]) -> None:
        self.acts += 1
        if answer["entry"] is not None:
            self.entries.add(answer["entry"])
        if begun["kind"] == "enroll":
            self.alive |= answer["faces"]
        elif begun["kind"] == "forget":
            self.alive.pop(begun["face"])
            self.forgotten.add(begun["face"])
        elif begun["kind"] == "search":
            assert answer["best"] == begun["face"], "a search under load did not find its face"

    def _settle(self, seen: Seen) -> None:
        self.cut_short.clear()
        for act in self._under_way.values():
            if act["kind"] == "enroll":
                made = {face: photo for face, photo in seen.listed.items() if photo in act["photos"]}
                assert len(made) in (0, len(act["photos"])), "an enrollment that was cut short is there by half"
                self.alive |= made
                self.cut_short.append((act["photos"], set(made)))
            elif act["kind"] == "forget" and act["face"] not in seen.listed:
                self.alive.pop(act["face"])
                self.forgotten.add(act["face"])
        self._under_way.clear()
