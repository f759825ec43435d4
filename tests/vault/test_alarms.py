"""Alarms in the vault: entry first, counted when repeated, acknowledged, signed for the operator's webhook."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from town import Town
from vault_driver import code_of

from facekeep.errors import BadInput
from facekeep.settings import AlarmSettings
from facekeep.vault import clock, wire
from facekeep.vault.alarm_hook import AlarmHook, hook_of
from facekeep.vault.alarm_register import KEEP_TRYING_HOURS
from facekeep.vault.alarms import raise_alarm
from facekeep_sdk import verify_webhook

HOOK = AlarmHook("https://alerts.example.org/keep", "a secret of the operator's")


@pytest.fixture
def wired(town: Town) -> Town:
    town.vault.alarm_hook = HOOK
    return town


def listed(town: Town, **more: object) -> list[wire.AlarmView]:
    return list(town.ask_operator(wire.ListAlarms(**more), wire.AlarmPage).items)


def sign(town: Town) -> wire.SignedAlarm:
    return town.ask(wire.SignAlarm(), wire.SignedAlarm)


def sent(town: Town, alarm_id: str, outcome: str) -> None:
    town.ask(wire.AlarmSent(alarm_id=alarm_id, outcome=outcome), wire.Done)


def organization_of(town: Town) -> str:
    return town.myself(town.key_session()).organization_id


def test_an_alarm_is_an_entry_of_the_keep_and_of_the_organization_it_concerns(town: Town) -> None:
    org_id = organization_of(town)
    alarm = raise_alarm(town.vault, "some.kind", {"count": 3}, org_id=org_id)
    assert town.keep_acts()[-1] == ("alarm.raised", "some.kind")
    assert ("alarm.raised", "some.kind") in town.acts()
    (shown,) = listed(town)
    assert (shown.alarm_id, shown.facts, shown.organization_id) == (alarm.alarm_id, {"count": 3}, org_id)
    assert shown.state == "unsent"
    assert sign(town).alarm_id is None


def test_what_is_told_outside_is_kind_time_and_id_alone(wired: Town) -> None:
    org_id = organization_of(wired)
    alarm = raise_alarm(wired.vault, "some.kind", {"member": "mem_x"}, org_id=org_id)
    told = sign(wired)
    event = verify_webhook(HOOK.secret, told.signature, told.body)
    assert (event.event, event.kind, event.delivery_id, event.drill) == (
        "alarm.raised", "some.kind", alarm.alarm_id, False,
    )  # fmt: skip
    assert set(json.loads(told.body)) == {"event", "delivery_id", "at", "alarm_id", "kind", "drill"}
    assert not any(one in told.body for one in (org_id.encode(), b"mem_x"))


def test_the_same_again_is_counted_and_not_told_again(wired: Town) -> None:
    for _ in range(3):
        raise_alarm(wired.vault, "some.kind", {"b": 1, "a": 2})
    raise_alarm(wired.vault, "some.kind", {"b": 2})
    assert [one.times for one in listed(wired)] == [1, 3]
    assert wired.keep_acts().count(("alarm.raised", "some.kind")) == 4
    told = [sign(wired).alarm_id for _ in range(3)]
    assert told[2] is None
    assert len(set(told[:2])) == 2


def test_once_acknowledged_the_same_is_a_new_alarm(town: Town) -> None:
    first = raise_alarm(town.vault, "some.kind", {})
    message = wire.AcknowledgeAlarm(alarm_id=first.alarm_id, by="Op")
    shown = town.ask_operator(message, wire.AlarmShown).alarm
    assert (shown.acknowledged_by, shown.acknowledged_at is None) == ("Op", False)
    again = town.ask_operator(wire.AcknowledgeAlarm(alarm_id=first.alarm_id, by="Other"), wire.AlarmShown).alarm
    assert again == shown
    assert listed(town, open_only=True) == []
    second = raise_alarm(town.vault, "some.kind", {})
    assert [one.alarm_id for one in listed(town)] == [second.alarm_id, first.alarm_id]
    assert [one.alarm_id for one in listed(town, open_only=True)] == [second.alarm_id]


def test_pages_of_alarms_hold_each_once(town: Town) -> None:
    made = [raise_alarm(town.vault, "some.kind", {"number": number}).alarm_id for number in range(5)]
    first = town.ask_operator(wire.ListAlarms(limit=3), wire.AlarmPage)
    rest = town.ask_operator(wire.ListAlarms(limit=3, cursor=first.next_cursor), wire.AlarmPage)
    assert [one.alarm_id for one in (*first.items, *rest.items)] == made[::-1]
    assert rest.next_cursor == ""


def test_an_unknown_alarm_is_not_found(town: Town) -> None:
    message = wire.AcknowledgeAlarm(alarm_id="alm_x", by="Op")
    assert code_of(town.ask_operator, message, wire.AlarmShown) == "not_found"
    sent(town, "alm_x", "delivered")


def test_an_alarm_is_told_until_it_is_taken_and_given_up_after_three_days(
    wired: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_alarm(wired.vault, "some.kind", {})
    told = sign(wired).alarm_id or ""
    assert sign(wired).alarm_id is None  # under way
    sent(wired, told, "status_500")
    assert sign(wired).alarm_id is None  # waits
    fresh = raise_alarm(wired.vault, "other.kind", {})
    assert sign(wired).alarm_id == fresh.alarm_id  # but what is new is tried at once
    sent(wired, fresh.alarm_id, "delivered")
    assert sign(wired).alarm_id == told  # the receiver is there again
    sent(wired, told, "timed_out")
    later = clock.now() + timedelta(hours=KEEP_TRYING_HOURS + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert sign(wired).alarm_id is None
    assert [one.state for one in listed(wired)] == ["delivered", "given_up"]
    sent(wired, told, "delivered")
    assert listed(wired)[1].state == "given_up"


def test_an_outcome_of_what_was_never_signed_is_not_believed(wired: Town) -> None:
    alarm = raise_alarm(wired.vault, "some.kind", {})
    sent(wired, alarm.alarm_id, "delivered")
    assert sign(wired).alarm_id == alarm.alarm_id


def test_a_shredded_organization_leaves_an_alarm_without_facts(town: Town) -> None:
    town.another_organization("Second")
    org_id = next(
        one.organization_id
        for one in town.ask_operator(wire.ListOrganizations(), wire.OrganizationPage).items
        if one.name == "Second"
    )
    raise_alarm(town.vault, "some.kind", {"member": "mem_x"}, org_id=org_id)
    town.ask_operator(wire.ShredOrganization(organization_id=org_id, expected_name="Second"), wire.Done)
    (shown,) = listed(town)
    assert (shown.kind, shown.organization_id, shown.facts) == ("some.kind", "", {})


def test_a_test_is_marked(town: Town) -> None:
    shown = town.ask_operator(wire.TestAlarm(), wire.AlarmShown).alarm
    assert (shown.kind, shown.is_drill) == ("alarm.test", True)


def test_a_copied_passkey_is_an_alarm(town: Town) -> None:
    one = town.join()
    copy = one.device.passkeys[0].clone()
    town.sign_in(one)
    one.device.passkeys[0] = copy
    assert code_of(town.sign_in, one) == "unauthenticated"
    assert [alarm.kind for alarm in listed(town)] == ["passkey.cloned"]


# ---- settings --------------------------------------------------------------------------------------------------------


def test_without_a_webhook_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert hook_of(AlarmSettings(), tmp_path) is None


def test_the_secret_is_the_text_of_a_file_beside_the_data(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    hook = hook_of(AlarmSettings("https://a.example/", "secret"), tmp_path)
    assert hook == AlarmHook("https://a.example/", "0123456789abcdef")
    assert "0123456789" not in repr(hook)


@pytest.mark.parametrize("content", [None, b"short", b"\xff" * 40])
def test_a_webhook_without_a_good_secret_is_refused_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(BadInput) as refused:
        hook_of(AlarmSettings("https://a.example/", "secret"), tmp_path)
    assert refused.value.code == "invalid_setting"
