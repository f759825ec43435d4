from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from facekeep.errors import Code, Unavailable
from facekeep.sealed.secret import alpha, checking, opening, require_known_answers, sealing

Kernel = Callable[..., Any]


def test_this_machine_computes_a_search_as_it_should() -> None:
    require_known_answers()


def nothing(kernel: Kernel) -> Kernel:
    return lambda *_: None


def another_secret(kernel: Kernel) -> Kernel:
    return lambda secrets, *others: kernel(np.roll(secrets, 1, axis=-1), *others)


def no_number(kernel: Kernel) -> Kernel:
    return lambda secrets, *others: kernel(np.full_like(secrets, np.nan), *others)


def no_match(kernel: Kernel) -> Kernel:
    return lambda *_: np.uint64(1)


@pytest.mark.parametrize(
    ("room", "name", "mistake"),
    [
        (sealing, "_write_columns", nothing),
        (alpha, "_combine", nothing),
        (alpha, "_scale", nothing),
        (checking, "_tag", nothing),
        (checking, "_difference", no_match),
        (opening, "_find_best", another_secret),
        (opening, "_find_best", no_number),
        (opening, "_collect", another_secret),
        (opening, "_collect", no_number),
    ],
)
def test_a_kernel_that_computes_something_else_is_noticed(
    monkeypatch: pytest.MonkeyPatch, room: ModuleType, name: str, mistake: Callable[[Kernel], Kernel]
) -> None:
    monkeypatch.setattr(room, name, mistake(getattr(room, name)))
    with pytest.raises(Unavailable, match="wrong scores") as refusal:
        require_known_answers()
    assert refusal.value.code is Code.INTERNAL
