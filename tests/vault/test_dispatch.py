from typing import get_args

from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.acts.names import ACTS
from facekeep.vault.dispatch import TABLE


def test_every_message_of_the_server_has_a_rule_and_no_other_has() -> None:
    assert set(TABLE) == set(get_args(wire.ServerRequest)) - {wire.GetStatus}


def test_every_act_has_a_name_that_keys_can_be_limited_to() -> None:
    assert {rule.act for rule in TABLE.values() if rule.act} == ACTS


def test_a_message_with_a_session_names_who_may_send_it() -> None:
    for message, rule in TABLE.items():
        assert rule.session == bool(rule.roles), message
        assert rule.roles <= set(Role)
        if rule.act:
            assert rule.session, message
