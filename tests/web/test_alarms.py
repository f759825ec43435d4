"""Alarms from the vault to a real receiver, over the server and the command line."""

import json
from collections.abc import Iterator

import pytest
from keep_process import KeepProcess, running_keep, wait_until
from receiver import Receiver, running_receiver

from facekeep_sdk import verify_webhook

SECRET = "a secret of the operator's"
WITHIN_S = 5.0


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running_receiver() as one:
        yield one


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[KeepProcess]:
    folder = tmp_path_factory.mktemp("alarms")
    (folder / "secret").write_text(SECRET)
    alarms = f'[alarms]\nwebhook = "{receiver.url()}"\nsecret_file = "{folder / "secret"}"\n'
    toml = f'[webhooks]\nallow_networks = ["127.0.0.0/8"]\ntimeout_s = 2.0\n{alarms}'
    with running_keep(folder, toml=toml) as one:
        yield one


def test_an_alarm_is_told_signed_within_seconds_and_acknowledged(keep: KeepProcess, receiver: Receiver) -> None:
    raised = json.loads(keep.cli("alarms", "test", "--json").stdout)["alarm"]
    wait_until(lambda: receiver.came, "the alarm", WITHIN_S)
    _, headers, body = receiver.came.pop()
    event = verify_webhook(SECRET, headers["Facekeep-Signature"], body)
    assert (event.kind, event.delivery_id, event.drill) == ("alarm.test", raised["alarm_id"], True)

    def shown() -> dict[str, object]:
        return dict(json.loads(keep.cli("alarms", "list", "--json").stdout)[0])

    wait_until(lambda: shown()["state"] == "delivered", "the vault was told", WITHIN_S)
    done = keep.cli("alarms", "acknowledge", raised["alarm_id"], "--by", "Night watch")
    assert (done.returncode, shown()["acknowledged_by"]) == (0, "Night watch")
    assert keep.cli("alarms", "list", "--open").stdout.count("alm_") == 0


@pytest.mark.nightly
def test_an_alarm_waits_for_a_server_that_is_down(keep: KeepProcess, receiver: Receiver) -> None:
    keep.stop_server()
    raised = json.loads(keep.cli("alarms", "test", "--json").stdout)["alarm"]
    assert receiver.came == []
    keep.start_server()
    wait_until(lambda: receiver.came, "the alarm")
    assert json.loads(receiver.came.pop()[2])["alarm_id"] == raised["alarm_id"]
