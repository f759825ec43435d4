"""A delivery is answered and given back; where none comes, the drill says so instead of waiting for good."""

import threading
import urllib.request

import pytest

from facekeep.errors import Unavailable
from facekeep.service.drill import receiver


def test_a_delivery_is_answered() -> None:
    answers = []

    def deliver(url: str) -> None:
        with urllib.request.urlopen(urllib.request.Request(url, b"{}", method="POST")) as answer:
            answers.append(answer.status)

    with receiver.receiving() as found:
        sender = threading.Thread(target=deliver, args=(f"http://{found.authority}/hits?of=x",))
        sender.start()
        assert found.delivery().startswith(b"POST /hits?of=x HTTP/1.1\r\n")
        sender.join(10)
    assert answers == [204]


def test_no_delivery_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "_PATIENCE_S", 0.05)
    with receiver.receiving() as found, pytest.raises(Unavailable):
        found.delivery()
