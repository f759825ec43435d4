"""Standing searches at the vault: approval, comparison of new faces, hits, and every way to end."""

from collections.abc import Iterator
from dataclasses import replace
from secrets import token_hex

import pytest
from people import added, opened_case, signed_in
from standing_driver import Watch, running_watch
from vault_driver import EVALUATION, code_of, near, unit

from facekeep.terms import Role
from facekeep.vault import wire


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with running_watch(tmp_path_factory.mktemp("vault")) as watch:
        yield watch


@pytest.fixture
def watch(shared: Watch) -> Watch:
    """A case and a collection of its own."""
    collection = shared.vault.collection(token_hex(8), wire.Policy())
    return replace(shared, case_id=opened_case(shared.ask, shared.ann.session), collection=collection)


def test_new_faces_that_look_like_the_probe_are_hits_and_older_ones_are_not(watch: Watch) -> None:
    watch.vault.enroll(watch.collection, {"before": [unit("x")]})
    standing = watch.active(unit("x"))
    (place,) = watch.vault.enroll(watch.collection, {"after": [near(unit("x"), "after", 0.8)]})
    watch.vault.enroll(watch.collection, {"stranger": [unit("stranger")]})
    assert watch.compare() == 1
    (hit,) = watch.hits(standing)
    assert hit.candidate.place.face_id == place.face_id
    assert hit.candidate.score == round(hit.candidate.score, 2) == pytest.approx(0.8, abs=0.03)
    assert watch.show(standing).hits == 1


def test_a_face_is_compared_once(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    assert (watch.compare(), watch.compare()) == (1, 0)
    assert len(watch.hits(standing)) == 1


def test_every_photo_of_a_person_is_a_hit(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"a": [near(unit("x"), "1", 0.9), near(unit("x"), "2", 0.8)]})
    watch.compare()
    assert len(watch.hits(standing)) == 2


def test_nothing_is_compared_before_it_is_approved(watch: Watch) -> None:
    standing = watch.create(unit("x"))
    assert standing.status == "waiting"
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    assert watch.compare() == 0
    assert watch.approve(standing.standing_id).status == "active"
    assert watch.compare() == 0  # that face was enrolled before the second person's word
    watch.vault.enroll(watch.collection, {"b": [unit("x")]})
    assert watch.compare() == 1


def test_nobody_approves_their_own_by_whatever_key(watch: Watch) -> None:
    both = added(watch.ask, watch.admin.session, "Both", [Role.INVESTIGATOR, Role.REVIEWER])
    mine = replace(watch, ann=both, rita=both, case_id=opened_case(watch.ask, both.session))
    standing = mine.create(unit("x"))
    assert code_of(mine.approve, standing.standing_id) == "forbidden"
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    assert watch.compare() == 0


def test_an_investigator_approves_nothing_and_a_reviewer_asks_for_nothing(watch: Watch) -> None:
    standing = watch.create(unit("x"))
    assert code_of(replace(watch, rita=watch.ann).approve, standing.standing_id) == "forbidden"
    assert code_of(replace(watch, ann=watch.rita).create, unit("x")) == "forbidden"


def test_approving_twice_is_a_conflict(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    assert code_of(watch.approve, standing) == "conflict"


def test_only_members_of_the_case_create_and_read_hits(watch: Watch) -> None:
    ben = added(watch.ask, watch.admin.session, "Ben", [Role.INVESTIGATOR])
    standing = watch.active(unit("x"))
    theirs = replace(watch, ann=ben)
    for call in (theirs.hits, theirs.show, lambda one: watch.end(one, ben)):
        assert code_of(call, standing) == "not_found"
    assert code_of(theirs.create, unit("x")) == "not_found"
    assert code_of(replace(watch, ann=watch.rita).hits, standing) == "not_found"  # may approve, is not in the case


def test_another_organization_finds_nothing(watch: Watch) -> None:
    added_one = watch.vault.operator.call(
        wire.AddOrganization(name=token_hex(8), admin="Admin", is_program=True), wire.OrganizationAdded
    )
    stranger = signed_in(watch.ask, added_one.api_key)
    standing = watch.active(unit("x"))
    hook = watch.ask(wire.SetWebhook(session=watch.admin.session, url="https://a.example/x")).webhook.webhook_id
    for message in (
        wire.ShowStanding(session=stranger.session, standing_id=standing),
        wire.ApproveStanding(session=stranger.session, standing_id=standing),
        wire.EndStanding(session=stranger.session, standing_id=standing),
        wire.ListHits(session=stranger.session, standing_id=standing),
        wire.ListStanding(session=stranger.session, case_id=watch.case_id),
        wire.RemoveWebhook(session=stranger.session, webhook_id=hook),
        wire.TestWebhook(session=stranger.session, webhook_id=hook),
    ):
        assert code_of(watch.ask, message) == "not_found"
    assert watch.ask(wire.ListStanding(session=stranger.session)).items == ()
    assert watch.ask(wire.ListWebhooks(session=stranger.session)).items == ()
    theirs = replace(watch, ann=stranger, case_id=opened_case(watch.ask, stranger.session))
    assert code_of(theirs.create, unit("x")) == "not_found"  # our collection in their case
    watch.ask(wire.RemoveWebhook(session=watch.admin.session, webhook_id=hook))


def test_a_search_that_is_over_finds_nothing_more_and_its_hits_stay(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    watch.compare()
    assert watch.end(standing, watch.ann).ended_because == "ended"
    watch.vault.enroll(watch.collection, {"b": [unit("x")]})
    assert watch.compare() == 0
    assert len(watch.hits(standing)) == 1
    assert code_of(watch.end, standing, watch.ann) == "conflict"
    assert code_of(watch.approve, standing) == "conflict"


def test_approval_is_refused_or_withdrawn_by_who_may_give_it(watch: Watch) -> None:
    assert watch.end(watch.create(unit("x")).standing_id, watch.rita).ended_because == "refused"
    standing = watch.active(unit("x"))
    assert watch.end(standing, watch.rita).ended_because == "approval_withdrawn"
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    assert watch.compare() == 0


def test_it_ends_when_its_case_is_closed(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.ask(wire.CloseCase(session=watch.ann.session, case_id=watch.case_id))
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    assert watch.compare() == 0
    assert watch.show(standing).ended_because == "case_closed"
    assert code_of(watch.create, unit("x")) == "case_closed"


@pytest.mark.parametrize("leave", ["case", "role", "organization"])
def test_it_ends_when_its_owner_leaves(watch: Watch, leave: str) -> None:
    ben = added(watch.ask, watch.admin.session, "Ben", [Role.INVESTIGATOR])
    watch.ask(wire.ChangeCase(session=watch.ann.session, case_id=watch.case_id, add_members=(ben.member_id,)))
    standing = replace(watch, ann=ben).active(unit("x"))
    messages = {
        "case": wire.ChangeCase(session=watch.ann.session, case_id=watch.case_id, remove_members=(ben.member_id,)),
        "role": wire.SetRoles(session=watch.admin.session, member_id=ben.member_id, roles=(Role.AUDITOR,)),
        "organization": wire.RemoveMember(session=watch.admin.session, member_id=ben.member_id),
    }
    watch.ask(messages[leave])
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    assert watch.compare() == 0
    assert watch.show(standing).ended_because == "owner_left"


def test_it_ends_while_its_blocks_are_scanned(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    grant = watch.next()
    sums = watch.sums(grant)
    watch.end(standing, watch.ann)
    assert code_of(watch.bring, grant, sums) == "case_closed"
    assert watch.hits(standing) == []


def test_it_ends_with_the_last_of_its_collections(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.ask(wire.DeleteCollection(session=watch.admin.session, collection_id=watch.collection))
    assert watch.compare() == 0
    assert watch.show(standing).ended_because == "collections_forgotten"


def test_it_lasts_no_longer_than_its_case(watch: Watch) -> None:
    case = watch.ask(wire.ShowCase(session=watch.ann.session, case_id=watch.case_id)).case
    assert watch.create(unit("x")).expires_at == case.ends_at
    for wrong in ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "soon"):
        assert code_of(watch.create, unit("x"), expires_at=wrong) == "invalid_request"


def test_a_forgotten_face_is_no_hit_any_more(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    places = watch.vault.enroll(watch.collection, {"a": [unit("x")], "b": [near(unit("x"), "b", 0.9)]})
    watch.compare()
    watch.vault.forget(places[0].face_id)
    assert watch.found(standing) == [places[1].face_id]
    assert watch.show(standing).hits == 1


def test_a_face_forgotten_during_the_scan_becomes_no_hit(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    places = watch.vault.enroll(watch.collection, {"a": [unit("x")], "b": [near(unit("x"), "b", 0.9)]})
    grant = watch.next()
    sums = watch.sums(grant)
    watch.ask(wire.ForgetFaces(session=watch.admin.session, face_ids=(places[0].face_id,)))
    watch.bring(grant, sums)
    watch.vault.housekeep()
    watch.compare()
    assert watch.found(standing) == [places[1].face_id]


def test_one_altered_bit_of_the_sums_is_an_alarm_and_stops_comparing(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    grant = watch.next()
    sums = watch.sums(grant)
    sums[0, 0] ^= 1
    assert code_of(watch.bring, grant, sums) == "sums_refused"
    assert watch.entries("standing.alarm")[-1].outcome == "sums_refused"
    assert watch.next().grant_id is None
    watch.vault.operator.call(wire.ClearQuarantine(), wire.Done)
    assert watch.compare() == 1
    assert len(watch.hits(standing)) == 1


def test_a_comparison_is_answered_once(watch: Watch) -> None:
    watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    grant = watch.next()
    watch.bring(grant)
    assert code_of(watch.bring, grant, watch.sums(grant)) == "not_found"
    assert code_of(watch.bring, wire.StandingGrant(grant_id="gra_x"), watch.sums(grant)) == "not_found"


def test_the_server_learns_nothing_of_what_was_found(watch: Watch) -> None:
    watch.active(unit("x"))
    answers = []
    for name, template in (("hit", unit("x")), ("stranger", unit("nobody"))):
        watch.vault.enroll(watch.collection, {name: [template]})
        answers.append(watch.bring(watch.next()))
    assert answers[0] == answers[1] == wire.Done()


def test_intent_and_outcome_are_in_the_log_without_scores(watch: Watch) -> None:
    standing = watch.active(unit("x"))
    (place,) = watch.vault.enroll(watch.collection, {"a": [unit("x")]})
    watch.compare()
    asked, done = watch.entries("standing.compare")[-1], watch.entries("standing.compared")[-1]
    assert asked.entry < done.entry
    assert (done.facts["standing"], done.facts["hits"], done.facts["owner"]) == (standing, 1, watch.ann.member_id)
    assert watch.entries("standing.hit_faces")[-1].facts["faces"] == place.face_id
    assert not any("score" in name for entry in (asked, done) for name in entry.facts)


def test_exposure_is_counted_for_the_owner(watch: Watch) -> None:
    limited = watch.vault.collection(token_hex(8), replace_policy(exposure_limit=2))
    searches = [watch.active(near(unit("x"), f"probe {i}", 0.95), limited) for i in range(4)]
    watch.vault.enroll(limited, {"a": [unit("x")]})
    assert watch.compare() == 4
    assert [watch.show(one).hits for one in searches] == [1, 1, 0, 0]
    assert [watch.show(one).withheld for one in searches] == [0, 0, 1, 1]


def replace_policy(**more: object) -> wire.Policy:
    return wire.Policy(evaluation=True, score_floor=0.5, **more)  # type: ignore[arg-type]


def test_too_many_hits_end_it(watch: Watch) -> None:
    everything = watch.vault.collection(token_hex(8), EVALUATION)
    standing = watch.active(unit("x"), everything)
    for batch in range(2):
        watch.vault.enroll(everything, {"p": [unit(f"{batch} {i}") for i in range(600)]})
    watch.compare()
    shown = watch.show(standing)
    assert (shown.hits, shown.withheld, shown.ended_because) == (1_000, 200, "too_many_hits")


def test_there_are_at_most_so_many_in_a_case(watch: Watch) -> None:
    for _ in range(20):
        last = watch.create(unit("x")).standing_id
    assert code_of(watch.create, unit("x")) == "conflict"
    watch.end(last, watch.ann)
    watch.create(unit("x"))
