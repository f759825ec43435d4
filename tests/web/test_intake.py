"""Limits on bodies hold while they come in."""

import asyncio

import pytest

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.web import intake
from facekeep.web.intake import Held, Intake, check_declared_length


def chunks(*sizes: int):
    messages = [{"type": "http.request", "body": b"x" * size, "more_body": True} for size in sizes]
    messages[-1]["more_body"] = False

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


async def take_all(body: Intake) -> int:
    return len(await body.whole())


def test_a_body_within_its_limit_comes_through_whole():
    async def run():
        held = Held(1_000)
        body = Intake(chunks(10, 0, 20), limit=30, held=held)
        assert await take_all(body) == 30
        assert held.now == 30
        body.release()
        assert held.now == 0

    asyncio.run(run())


def test_one_byte_over_is_refused_before_the_rest_came():
    async def run():
        receive = chunks(20, 11, 1_000)
        with pytest.raises(BadInput) as caught:
            await take_all(Intake(receive, limit=30, held=Held(10_000)))
        assert caught.value.code is Code.REQUEST_TOO_LARGE
        assert len((await receive())["body"]) == 1_000

    asyncio.run(run())


def test_all_requests_together_have_a_limit_too():
    async def run():
        held = Held(50)
        await take_all(Intake(chunks(40), limit=40, held=held))
        with pytest.raises(Unavailable) as caught:
            await take_all(Intake(chunks(20), limit=40, held=held))
        assert caught.value.code is Code.BUSY

    asyncio.run(run())


def test_a_body_that_does_not_come_is_given_up(monkeypatch):
    monkeypatch.setattr(intake, "_LONGEST_SILENCE_S", 0.01)

    async def silence():
        await asyncio.Event().wait()

    async def run():
        with pytest.raises(BadInput, match="in time"):
            await take_all(Intake(silence, limit=40, held=Held(50)))

    asyncio.run(run())


def test_a_body_that_trickles_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(intake, "_LONGEST_BODY_S", 0.02)

    async def trickle():
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def run():
        with pytest.raises(BadInput, match="in time"):
            await take_all(Intake(trickle, limit=10_000, held=Held(10_000)))

    asyncio.run(run())


@pytest.mark.parametrize("declared", [b"31", b"9" * 25, b"-1", b"1e3", b"\xb2"])
def test_a_declared_length_is_refused_by_itself(declared):
    with pytest.raises(BadInput):
        check_declared_length({"headers": [(b"content-length", declared)]}, 30)


def test_a_length_within_the_limit_or_none_passes():
    check_declared_length({"headers": [(b"content-length", b"30")]}, 30)
    check_declared_length({"headers": []}, 30)
