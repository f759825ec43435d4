"""One drill: a keep is made, filled, used and robbed, and every tier is compared with what is declared of it."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from facekeep import __version__, settings
from facekeep.errors import FacekeepError
from facekeep.service import administration
from facekeep.service.drill import counting, crowd, linking, loot, own_keep, pairing, replaying, rolling_back, unmasking
from facekeep.service.drill.crowd import Crowd
from facekeep.service.drill.declared import NOT_TRIED, TRIES, DeclaredTier
from facekeep.service.drill.examining import Search, not_drilled, own_and_children
from facekeep.service.drill.measurement import Measurement
from facekeep.service.drill.own_keep import OwnKeep
from facekeep.service.drill.planting import CUSTOMERS, Planted, word
from facekeep.service.drill.recorder import Recorder
from facekeep.service.drill.report import FORMAT, VERSION, DrillReport, TierResult, signed, verified
from facekeep.service.drill.scanning import memory_of
from facekeep.service.processes import running_vault

_REST_S = 8.0  # the server tidies its memory after five idle seconds
_REST_AT_MOST_S = 60.0
_LEAST_CHANCE = 0.001  # a guess that chance makes as well less often than this, all guesses counted, is a leak
_ORDERS = 200_000

_OF_ALL_DISKS = (
    "guesses at how many members and searches each customer has",
    "bytes in common with the store of a second keep that has the same photos",
)

Tell = Callable[[str], None]


def drill(tiers: Sequence[DeclaredTier], photos: Sequence[bytes], tell: Tell) -> tuple[DrillReport, bytes]:
    """The report of a drill of these tiers, and its signed file. `tell` hears what is being done.

    Raises
    ------
    FacekeepError
        The drill's own keep did not start, or could not be used.
    """
    with TemporaryDirectory(prefix="facekeep-drill-") as name:
        folder, planted = Path(name), Planted(photos)
        words = planted.words
        with own_keep.running(folder, words["name of a customer"], words["name of a member"]) as keep:
            tell("a keep of its own runs; planting and using it")
            planted.use(keep)
            earlier = loot.at_one_moment(keep, folder / "earlier")
            drawn = Crowd()
            drawn.plant(keep)
            search = Search.of(planted.traces(keep.api_key, keep.settings.cache_dir))
            results = Robbery(Scene(keep, folder, planted, search, drawn, earlier), tell).of(tiers)
            at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            file, _ = signed(keep.settings, DrillReport(FORMAT, VERSION, __version__, at, "", results, NOT_TRIED))
            return verified(file), file


@dataclass(frozen=True, slots=True)
class Scene:
    """A keep that was used. `earlier` is its data folder as people had left it, before the crowd was drawn."""

    keep: OwnKeep
    folder: Path
    planted: Planted
    search: Search
    crowd: Crowd = field(default_factory=Crowd)
    earlier: Path = Path()


class Robbery:
    """Takes the bytes of each tier from a keep that was used, and looks through them."""

    def __init__(self, scene: Scene, tell: Tell) -> None:
        self._keep, self._folder, self._planted, self._search = scene.keep, scene.folder, scene.planted, scene.search
        self._earlier, self._crowd, self._tell = scene.earlier, scene.crowd, tell

    def of(self, tiers: Sequence[DeclaredTier]) -> tuple[TierResult, ...]:
        """What was found in each of these tiers, in their order."""
        wanted, results = {one.name: one for one in tiers}, dict[str, TierResult]()
        if wanted.keys() & {"search-memory", "server-memory"}:
            results |= self._server(wanted)
        taken = loot.take(self._keep, self._folder / "loot")
        for name, folder in taken.folders.items():
            if name in wanted:
                self._tell(f"looking through {name}")
                results[name] = self._files(wanted[name], folder, taken)
        if "vault-memory" in wanted:
            self._tell("looking through vault-memory")
            results["vault-memory"] = self.memory(wanted["vault-memory"], [self._keep.pid("facekeep.vault")])
        if "share" in wanted:
            self._tell("trying one share, and two")
            results["share"] = self._shares(wanted["share"], taken)
        if "network" in wanted and self._keep.recorder is not None:
            self._tell("looking through network, and sending it again")
            results["network"] = self._network(wanted["network"], self._keep.recorder)
        return tuple(complete(results[one.name]) for one in tiers)

    def _files(self, tier: DeclaredTier, folder: Path, taken: loot.Loot) -> TierResult:
        if tier.name == "index":
            blocks = unmasking.blocks_in(folder)
            return self._search.folder(tier, folder).with_measured(unmasking.from_blocks(self._crowd, blocks))
        if tier.name != "all-disks":
            return self._search.folder(tier, folder)
        linked, measured = self._linked(taken.everything)
        also = [*counted_customers(self._earlier, self._planted), *linked]
        result = self._search.folder(tier, folder, also_found=also)
        self._tell("setting a copy of the keep back")
        result = replace(result, attempts=_OF_ALL_DISKS)
        return result.with_measured([*measured, rolling_back.set_back(self._keep, self._earlier, self._folder)])

    def _network(self, tier: DeclaredTier, recorder: Recorder) -> TierResult:
        """What passed, and what the vault takes of it once more. Ends every key of the keep."""
        found = self._search.pieces(tier, [recorder.captured()])
        recorded = replaying.exchanges(recorder.conversations())
        return found.with_measured(
            (
                *unmasking.from_searches(self._crowd),
                replaying.sent_again(recorder.vault, recorded),
                replaying.shown_after_their_end(self._keep.settings, recorder.vault, recorded),
            )
        )

    def _linked(self, everything: Path) -> tuple[list[str], list[Measurement]]:
        """Whether the store of another keep, with the same photos and templates, has anything to do with this one's."""
        self._tell("enrolling the same photos in a second keep")
        home = self._folder / "second"
        home.mkdir()
        with own_keep.running(home, word(), word()) as second:
            self._planted.enroll_alone(second)
            with second.frozen():
                other = loot.copied(second.settings.store_dir, home / "taken")
            blocks = crowd.sealed_alone(second, self._crowd.templates[:2])
        stores = self._earlier / "store", other
        stored = [linking.stored(one) for one in stores]
        measured = [
            pairing.of_blocks(self._crowd, unmasking.blocks_in(everything), blocks),
            pairing.of_bytes(*stored),
            pairing.of_order(*stores),
        ]
        return ["the same bytes in the stores of two keeps"] if linking.in_common(*stored) else [], measured

    def _server(self, wanted: dict[str, DeclaredTier]) -> dict[str, TierResult]:
        """The server with its workers and, being the process that searches, alone: at rest, after it was read busy."""
        tiers = [one for name, one in wanted.items() if name in {"search-memory", "server-memory"}]
        pid = self._keep.pid("facekeep.web")
        with self._half_an_upload():
            busy = self.memory(tiers[0], [pid])
        if busy.outcome != "readable":
            blind = busy.problem or "the memory of a busy server was read, and nothing found: the search is blind"
            return {one.name: not_drilled(one, blind, is_blind=busy.is_blind or not busy.problem) for one in tiers}
        self._tell("waiting until the server rests")
        time.sleep(_REST_S)
        return {one.name: self._at_rest(one, pid) for one in tiers}

    def _at_rest(self, tier: DeclaredTier, pid: int) -> TierResult:
        deadline = time.monotonic() + _REST_AT_MOST_S
        while True:
            self._tell(f"looking through {tier.name}")
            pids = [pid] if tier.name == "search-memory" else list(own_and_children(pid))
            result = self.memory(tier, pids)
            if result.outcome == "not drilled":
                return result
            if result.outcome != "readable" or time.monotonic() > deadline:
                mapped = unmasking.blocks_mapped(pid, self._crowd.blocks)
                return result.with_measured(unmasking.from_blocks(self._crowd, mapped))
            time.sleep(2)  # a busy machine has not come to it yet

    def memory(self, tier: DeclaredTier, pids: Sequence[int]) -> TierResult:
        """What is found in the memory of these processes; not drilled where the system does not let it be read."""
        try:
            return self._search.pieces(tier, (piece for pid in pids for _, _, piece in memory_of(pid)))
        except OSError as error:
            return not_drilled(tier, f"the memory of its processes cannot be read here ({type(error).__name__})")

    @contextmanager
    def _half_an_upload(self) -> Iterator[None]:
        """A request that says everything and does not end, for the length of the block."""
        head = (
            f"POST /v1/collections/none/faces HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._keep.api_key}"
            "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 10000000\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\n'
        )
        with socket.create_connection(("127.0.0.1", self._keep.settings.http.port)) as connection:
            connection.sendall(head.encode() + self._planted.photos[0])
            time.sleep(1)
            yield

    def _shares(self, tier: DeclaredTier, taken: loot.Loot) -> TierResult:
        """Whether a copy of the vault's folder opens with one share, that one again, or two; three must open it."""
        home = self._folder / "robbed"
        loot.copied(taken.everything / "vault", home / "vault")
        copy = settings.load(home)
        with running_vault(copy, self._tell):
            said = [_state_after(copy, share) for share in (*self._keep.shares[:1] * 2, *self._keep.shares[1:3])]
        rmtree(copy.run_dir, ignore_errors=True)  # lies elsewhere where the path is too long for a socket
        result = self._search.folder(tier, home, also_found=["the vault opened"] if "open" in said[:3] else [])
        if said[3] != "open":
            return not_drilled(tier, "three shares did not open the copy either: nothing was tried", is_blind=True)
        return replace(result, attempts=("opening a copy with one share, that one again, and a second", "with a third"))


def complete(result: TierResult) -> TierResult:
    """The same, and blind where a try that is declared of it was not made."""
    made = {one.attempt for one in result.measured}
    missing = sum(result.tier in one.tiers and one.name not in made for one in TRIES.values())
    if result.outcome == "not drilled" or not missing:
        return result
    return replace(result, is_blind=True, problem=f"{missing} of the tries that are declared were not made")


def counted_customers(folder: Path, planted: Planted) -> list[str]:
    """Which guesses at how much each customer has follow the truth, in a copy of a data folder."""
    found = {
        (f"{kind} of customers, guessed by {name}"): counting.chance(guess, truth, orders=_ORDERS)
        for name, guess in counting.guesses(folder, CUSTOMERS).items()
        for kind, truth in planted.truth.items()
        if len(set(guess.tolist())) > 1
    }
    return [label for label, chance in found.items() if chance * len(found) < _LEAST_CHANCE]


def _state_after(copy: settings.Settings, share: str) -> str:
    try:
        return administration.give_share(copy, share).state
    except FacekeepError as error:
        return str(error.code)
