import socket
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.faces.results import DetectedFace, PhotoAnalysis, Quality
from facekeep.faces.wire import ANSWER, MAX_FRAME_BYTES, Analysis, Broken, Ready, analysis_from, packed, receive, send
from facekeep.terms import Box

UNIT = np.full(16, 0.25, np.float32)


def _analysis(**changes):
    face = DetectedFace(
        box=Box(1, 2, 3, 4),
        landmarks=np.arange(10, dtype=np.float32).reshape(5, 2),
        detector_score=0.9,
        quality=Quality(80, ("blurred",), 40.0, 0.5, 0.5, 1.0, 2.0, 3.0),
        template=UNIT,
        probe=-UNIT,
        crop_jpeg=b"\xff\xd8\xff\xe0",
    )
    message = packed(PhotoAnalysis(640, 480, (face,), b"", ("look here",)))
    return msgspec.structs.replace(message, faces=(msgspec.structs.replace(message.faces[0], **changes),))


def test_a_result_survives_the_journey():
    here, there = socket.socketpair()
    with here, there:
        send(here, _analysis())
        answer = receive(there, ANSWER)
    assert isinstance(answer, Analysis)
    got = analysis_from(answer, expected_dimension=16, probes=True)
    np.testing.assert_array_equal(got.faces[0].template, UNIT)
    np.testing.assert_array_equal(got.faces[0].probe, -UNIT)
    assert got.faces[0].template.flags.writeable
    assert got.faces[0].probe.flags.writeable
    assert got.faces[0].quality.reasons == ("blurred",)


@pytest.mark.parametrize(
    "changes",
    [
        {"template": (UNIT * 2).tobytes()},
        {"template": UNIT[:15].tobytes()},
        {"template": np.full(16, np.nan, np.float32).tobytes()},
        {"probe": (UNIT * 2).tobytes()},
        {"probe": b""},
        {"landmarks": b"\0" * 36},
        {"landmarks": np.full(10, np.inf, np.float32).tobytes()},
        {"crop_jpeg": b"<script>"},
        {"box": Box(float("nan"), 0, 1, 1)},
        {"quality": Quality(101, (), 1, 1, 1, 0, 0, 0)},
        {"quality": Quality(50, (), float("inf"), 1, 1, 0, 0, 0)},
    ],
)
def test_a_lying_worker_is_not_believed(changes):
    with pytest.raises(Broken):
        analysis_from(_analysis(**changes), expected_dimension=16, probes=True)


def test_only_who_asks_for_probes_gets_probes():
    assert analysis_from(_analysis(probe=b""), expected_dimension=16, probes=False).faces[0].probe.shape == (0,)
    with pytest.raises(Broken):
        analysis_from(_analysis(), expected_dimension=16, probes=False)


def _received(frame):
    here, there = socket.socketpair()
    with there:
        with here:
            here.sendall(frame)
        return receive(there, ANSWER)


def test_a_frame_that_declares_too_much_is_refused_unread():
    with pytest.raises(Broken, match="larger"):
        _received(struct.pack(">I", MAX_FRAME_BYTES + 1))


@given(st.binary(max_size=200))
def test_noise_is_never_a_message(noise):
    with pytest.raises(Broken):
        _received(struct.pack(">I", len(noise)) + noise)


def test_a_cut_off_frame_is_no_message():
    whole = msgspec.msgpack.encode(Ready(()))
    assert _received(struct.pack(">I", len(whole)) + whole) == Ready(())
    with pytest.raises(Broken):
        _received(struct.pack(">I", len(whole)) + whole[:-1])
