"""What a vault takes once more is counted; what was over is refused. Frames are cut from streams wherever they end."""

from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from vault_driver import running_vault

from facekeep import settings
from facekeep.service.drill.recorder import Recorder
from facekeep.service.drill.replaying import exchanges, sent_again, shown_after_their_end
from facekeep.vault import wire
from facekeep.vault.client import VaultClient


def _framed(*messages: wire.Message) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in map(msgspec.msgpack.encode, messages))


@given(st.lists(st.booleans(), max_size=6), st.integers(0, 40), st.integers(0, 40))
def test_streams_that_end_anywhere_give_their_whole_frames(taken: list[bool], cut_there: int, cut_back: int) -> None:
    asked = [wire.WhoAmI(session=f"s{number}") for number, _ in enumerate(taken)]
    answers = [wire.Done() if one else wire.Failure(code="x", message="y") for one in taken]
    there, back = _framed(*asked), _framed(*answers)
    there, back = there[: len(there) - cut_there], back[: len(back) - cut_back]
    found = exchanges([(there, back)])
    whole = [max((n for n in range(len(taken) + 1) if len(_framed(*every[:n])) <= len(stream)), default=0)
             for every, stream in ((asked, there), (answers, back))]  # fmt: skip
    assert [(one.request, one.was_taken) for one in found] == list(zip(asked, taken, strict=True))[: min(whole)]
    assert all(one.is_bound for one in found)


def test_living_sessions_and_keys_are_counted_and_ended_ones_are_refused(tmp_path: Path) -> None:
    with running_vault(tmp_path) as vault:
        recorder = Recorder(settings.load(vault.data).vault_socket)
        server = VaultClient(settings.load(vault.data).vault_socket)
        key = wire.Authenticate(untrusted_credential=vault.api_key)
        session = server.call(key, wire.SessionOpened).session
        for _ in range(3):
            server.call(wire.WhoAmI(session=session), wire.Myself)
        recorded = exchanges(recorder.conversations())
        living = sent_again(recorder.vault, recorded)
        assert (living.value, living.with_flaw, living.succeeds) == (3, 3, True)
        server.call(wire.EndSession(session=session), wire.Done)
        recorded = exchanges(recorder.conversations())
        ended = sent_again(recorder.vault, recorded)
        assert (ended.value, ended.with_flaw, ended.succeeds, ended.is_blind) == (0, 3, False, False)
        shown = shown_after_their_end(settings.load(vault.data), recorder.vault, recorded)
        assert (shown.value, shown.with_flaw, shown.succeeds) == (0, 1, False)
        assert shown_after_their_end(settings.load(vault.data), recorder.vault, recorded).is_blind  # none is known now
        server.close()
        recorder.close()
