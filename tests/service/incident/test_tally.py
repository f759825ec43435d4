"""Counting, entry by entry, where a refusal follows and where a window begins."""

from typing import Any

from facekeep.service.incident.entries import Entry, Page
from facekeep.service.incident.fields import Field
from facekeep.service.incident.suspects import Suspects
from facekeep.service.incident.tally import Counting, Tally
from facekeep.service.incident.tiers import Declared

WINDOW = ("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z")


def said(*entries: tuple[str, str, dict[str, Any]], at: str = WINDOW[0]) -> list[Entry]:
    return [Entry(number, at, "key", act, outcome, facts) for number, (act, outcome, facts) in enumerate(entries)]


def counted(tier: str, entries: list[Entry], *suspects: str) -> Tally:
    counting = Counting(Suspects.of(suspects), Declared.named([tier], has_actor=bool(suspects)), *WINDOW)
    counting.page(Page("one", 0, len(entries), entries))
    counting.finish()
    return counting.tallies["one"]


ASKED = ("search.ask", "asked", {"session": "ses_1", "face": "fac_1", "collections": "col_1 col_2"})
REFUSED = ("search.ask", "quarantined", {"asked": 0})


def test_a_search_that_was_refused_never_came_to_whoever_scans() -> None:
    assert set(counted("search", said(ASKED, REFUSED)).seen) == set()
    assert set(counted("search", said(ASKED)).seen) == {Field.PASSING, Field.TEMPLATE}


def test_the_probe_of_a_refused_search_passed_the_server_and_no_template_did() -> None:
    assert set(counted("server", said(ASKED, REFUSED)).seen) == {Field.PASSING, Field.CREDENTIALS}
    granted = counted("server", said(ASKED)).seen
    assert set(granted) == {Field.PASSING, Field.CREDENTIALS, Field.TEMPLATE, Field.COLLECTIONS}


def test_whoever_may_search_learns_how_large_the_searched_collections_are() -> None:
    tally = counted("api-key", said(ASKED), "key")
    assert set(tally.seen[Field.COLLECTIONS].subjects) == {"col_1", "col_2"}


def test_a_key_that_the_owner_made_before_the_time_is_no_suspect() -> None:
    before = said(("key.made", "done", {"key": "new"}), at="2025-12-31T23:30:00.000Z")
    after = [Entry(1, WINDOW[0], "new", "usage.show", "asked", {})]
    assert counted("api-key", before + after, "key").seen == {}
    within = said(("key.made", "done", {"key": "new"}))
    assert set(counted("api-key", within + after, "key").seen) == {Field.API_KEYS, Field.USAGE}
