"""Overwriting what held a face."""

import numpy as np

from facekeep.service.memory import give_back, wipe, wipe_bytes


def test_writable_arrays_become_zeros_and_others_are_left():
    ours, borrowed = np.ones(4, np.float32), np.frombuffer(b"\1\2\3\4", np.uint8)
    wipe(ours, borrowed)
    assert not ours.any()
    assert borrowed.all()


def test_buffers_are_overwritten_before_they_are_emptied():
    buffer = bytearray(b"secret")
    view = memoryview(bytes(buffer))
    wipe_bytes([buffer])
    assert buffer == b""
    assert bytes(view) == b"secret"  # a copy is a copy: callers must not make one


def test_giving_memory_back_works_on_this_c_library():
    give_back()
