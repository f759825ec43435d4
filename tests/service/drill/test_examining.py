"""A leak into one tier makes that tier fail, and no other; a search that sees nothing says so."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from planted_keep import planted_word

from facekeep import settings
from facekeep.service.drill import traces
from facekeep.service.drill.declared import TIERS, TRIES, chosen
from facekeep.service.drill.drilling import Robbery, Scene, complete, counted_customers
from facekeep.service.drill.examining import Search
from facekeep.service.drill.own_keep import OwnKeep
from facekeep.service.drill.planting import CUSTOMERS, Planted
from facekeep.service.drill.report import TierResult

NAME, KEY = planted_word(), planted_word()
TEMPLATE = np.random.default_rng(7).normal(size=128).astype(np.float32)
TEMPLATE /= np.linalg.norm(TEMPLATE)
SEARCH = Search.of(
    traces.of_text("name", NAME) + traces.of_text("API key", KEY) + traces.of_template("template", TEMPLATE)
)
FILES = ("database", "objects", "index", "backup", "server-disk", "caches", "logs", "log-files", "vault-disk")


@pytest.fixture
def robbed(tmp_path: Path) -> Path:
    """A folder of noise for each tier of files."""
    for number, name in enumerate(FILES):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(np.random.default_rng(number).bytes(20_000))
    return tmp_path


def _results(robbed: Path) -> dict[str, TierResult]:
    return {name: SEARCH.folder(TIERS[name], robbed / name) for name in FILES}


LEAKS = {
    "logs": (b"GET /persons?name=" + NAME.encode() + b"\n", "name as utf-8"),
    "caches": (b"\x93NUMPY" + TEMPLATE.tobytes(), "template as float32"),
    "objects": (KEY.encode("utf-16-le"), "API key as utf-16-le"),
    "backup": (gzip.compress(NAME.encode()), "name as utf-8"),
}


def test_noise_is_as_declared(robbed: Path) -> None:
    for one in _results(robbed).values():
        assert (one.outcome, one.fails, one.size_bytes) == ("unreadable", False, 20_000)
        assert one.controls == len({trace.label for trace in SEARCH.traces})


@pytest.mark.parametrize("tier", LEAKS)
def test_a_leak_makes_its_tier_fail_and_no_other(robbed: Path, tier: str) -> None:
    content, label = LEAKS[tier]
    with (robbed / tier / "file").open("ab") as file:
        file.write(content)
    found = _results(robbed)
    assert [name for name, one in found.items() if one.fails] == [tier]
    assert label in found[tier].found
    assert NAME not in str(found)


def test_a_name_of_a_file_is_a_leak(robbed: Path) -> None:
    (robbed / "index" / NAME).touch()
    assert [name for name, one in _results(robbed).items() if one.fails] == ["index"]


def test_a_tier_without_bytes_is_not_drilled(robbed: Path) -> None:
    (robbed / "caches" / "file").write_bytes(b"")
    found = _results(robbed)["caches"]
    assert (found.outcome, found.fails) == ("not drilled", False)


def test_a_search_that_finds_no_controls_is_blind(robbed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SEARCH.scanner, "_plain", lambda *_: [])
    found = _results(robbed)["database"]
    assert (found.outcome, found.is_blind, found.fails) == ("not drilled", True, True)


def test_what_is_declared_readable_must_be_found_readable() -> None:
    network = TIERS["network"]
    assert SEARCH.pieces(network, [b"noise" * 50]).fails
    assert not SEARCH.pieces(network, [b"noise" * 50, NAME.encode()]).fails


def test_sizes_that_follow_the_truth_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = Planted([])
    guesses = {"files": np.array(planted.searches, np.float64) * 100}
    monkeypatch.setattr("facekeep.service.drill.counting.guesses", lambda *_: guesses)
    assert counted_customers(tmp_path, planted) == ["searches of customers, guessed by files"] or (
        planted.members == planted.searches
    )
    guesses["files"] = np.arange(CUSTOMERS) % 2.0
    assert counted_customers(tmp_path, planted) == []


def test_a_tier_whose_declared_tries_were_not_made_is_blind(robbed: Path) -> None:
    found = _results(robbed)
    assert complete(found["logs"]) == found["logs"]
    assert complete(found["index"]).is_blind
    made = [one.came_to(0.0, with_flaw=1.0) for one in TRIES.values() if "index" in one.tiers]
    assert not complete(found["index"].with_measured(made)).fails


def test_only_known_tiers_can_be_chosen() -> None:
    assert [one.name for one in chosen(("share", "index"))] == ["index", "share"]
    assert len(chosen(())) == len(TIERS)
    with pytest.raises(Exception, match="no tier attic"):
        chosen(("attic",))


def test_memory_that_cannot_be_read_is_not_drilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise PermissionError

    monkeypatch.setattr("facekeep.service.drill.drilling.memory_of", refuse)
    keep = OwnKeep(settings.load(tmp_path), tmp_path / "printed")
    scene = Scene(keep, tmp_path, Planted([]), SEARCH)
    found = Robbery(scene, print).memory(TIERS["vault-memory"], [1])
    assert (found.outcome, found.fails) == ("not drilled", False)
    assert "PermissionError" in found.problem
