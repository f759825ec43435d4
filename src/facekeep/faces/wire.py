"""What the server and a worker say to each other: typed messages, their limits, and their framing.

A frame is a 4-byte big-endian length and that many bytes of MessagePack holding one tagged message. A worker has
touched hostile bytes, so whatever it answers is untrusted: `analysis_from` turns it into results only after checking
every shape and range.
"""

import socket
import struct
from typing import Annotated, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from facekeep.faces.registry import LocatedModels
from facekeep.faces.results import DetectedFace, PhotoAnalysis, Quality
from facekeep.terms import Box

MAX_FRAME_BYTES = 128 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_PIECE_BYTES = 1 << 20
_UNIT_TOLERANCE = 1e-3

M = TypeVar("M")
Text = Annotated[str, msgspec.Meta(max_length=500)]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(max_length=32)]
Jpeg = Annotated[bytes, msgspec.Meta(max_length=MAX_FRAME_BYTES)]
Side = Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]


class Broken(Exception):
    """The other side is gone, or said something that is not in this module."""


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    pass


class Configure(_Message, frozen=True):
    """First message to a worker: its models, its limits (bytes, seconds, pixels), and how it is to confine itself."""

    models: LocatedModels
    cache_dir: str
    threads: int
    max_pixels: int
    max_side_px: int
    max_memory_bytes: int
    max_cpu_seconds_a_photo: int


class Analyze(_Message, frozen=True):
    """One photo to analyze."""

    untrusted_photo: bytes
    box: Box | None
    keep_photo: bool
    probes: bool


class Ready(_Message, frozen=True):
    """The worker has its models and is confined by `measures`."""

    measures: Texts


class Face(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `DetectedFace`; arrays as little-endian float32."""

    box: Box
    landmarks: bytes
    detector_score: Annotated[float, msgspec.Meta(ge=0, le=1)]
    quality: Quality
    template: bytes
    probe: bytes
    crop_jpeg: Jpeg


class Analysis(_Message, frozen=True):
    """A `PhotoAnalysis`."""

    width: Side
    height: Side
    faces: Annotated[tuple[Face, ...], msgspec.Meta(max_length=256)]
    photo_jpeg: Jpeg
    advice: Texts


class Failure(_Message, frozen=True):
    """An error of `facekeep.errors` by its code."""

    code: Text
    message: Text


Request = Configure | Analyze
Answer = Ready | Analysis | Failure

REQUEST: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
ANSWER: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_ENCODER = msgspec.msgpack.Encoder()


def send(connection: socket.socket, message: Request | Answer) -> None:
    """Write one frame.

    Raises
    ------
    Broken
        The other side is gone, did not read in time, or the message is larger than a frame may be.
    """
    frame = _ENCODER.encode(message)
    if len(frame) > MAX_FRAME_BYTES:
        raise Broken("the message is larger than a frame may be")
    try:
        connection.sendall(_LENGTH.pack(len(frame)) + frame)
    except OSError as error:
        raise Broken("the other side is gone") from error


def receive(connection: socket.socket, decoder: msgspec.msgpack.Decoder[M]) -> M:
    """Read one frame and the message in it.

    Raises
    ------
    Broken
        The other side is gone, did not answer in time, or sent something else than a message of this module.
    """
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > MAX_FRAME_BYTES:
        raise Broken("the frame is larger than a frame may be")
    untrusted_frame = _exactly(connection, length)
    try:
        return decoder.decode(untrusted_frame)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Broken("not a message") from error


def packed(analysis: PhotoAnalysis) -> Analysis:
    """The message of a result."""
    faces = tuple(
        Face(
            box=face.box,
            landmarks=face.landmarks.astype("<f4", copy=False).tobytes(),
            detector_score=face.detector_score,
            quality=face.quality,
            template=face.template.astype("<f4", copy=False).tobytes(),
            probe=face.probe.astype("<f4", copy=False).tobytes(),
            crop_jpeg=face.crop_jpeg,
        )
        for face in analysis.faces
    )
    return Analysis(analysis.width, analysis.height, faces, analysis.photo_jpeg, analysis.advice)


def analysis_from(untrusted: Analysis, *, expected_dimension: int, probes: bool) -> PhotoAnalysis:
    """The result in a worker's message, with a probe a face where `probes` were asked for and none otherwise.

    Raises
    ------
    Broken
        A template or probe is not of unit length and `expected_dimension`, a number is not finite, or an image is no
        JPEG.
    """
    for image in (untrusted.photo_jpeg, *(face.crop_jpeg for face in untrusted.faces)):
        if image and not image.startswith(b"\xff\xd8\xff"):
            raise Broken("an image is no JPEG")
    faces = tuple(_face_from(face, expected_dimension, probes=probes) for face in untrusted.faces)
    return PhotoAnalysis(untrusted.width, untrusted.height, faces, untrusted.photo_jpeg, untrusted.advice)


def _face_from(untrusted: Face, dimension: int, *, probes: bool) -> DetectedFace:
    landmarks, template = _floats(untrusted.landmarks, 10).reshape(5, 2), _floats(untrusted.template, dimension)
    numbers = [*msgspec.structs.astuple(untrusted)[2:3], *_numbers(untrusted.box), *_numbers(untrusted.quality)]
    if not np.isfinite(numbers).all() or not 0 <= untrusted.quality.score <= 100:
        raise Broken("a number is out of its range")
    probe = _floats(untrusted.probe, dimension if probes else 0)
    if any(abs(float(np.linalg.norm(each)) - 1) > _UNIT_TOLERANCE for each in (template, probe) if len(each)):
        raise Broken("a template is not of unit length")
    return DetectedFace(
        untrusted.box, landmarks, untrusted.detector_score, untrusted.quality, template, probe, untrusted.crop_jpeg
    )


def _numbers(record: Box | Quality) -> list[float]:
    return [value for value in msgspec.to_builtins(record).values() if isinstance(value, int | float)]


def _floats(untrusted: bytes, count: int) -> NDArray[np.float32]:
    """A writable array of its own, so that its owner can wipe it."""
    if len(untrusted) != 4 * count:
        raise Broken(f"expected {count} numbers, got {len(untrusted) / 4:g}")
    values = np.frombuffer(untrusted, "<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise Broken("a number is not finite")
    return values


def _exactly(connection: socket.socket, count: int) -> bytes:
    buffer = bytearray(count)
    view, filled = memoryview(buffer), 0
    try:
        while filled < count:
            got = connection.recv_into(view[filled : filled + _PIECE_BYTES])
            if not got:
                raise Broken("the other side closed the connection")
            filled += got
    except OSError as error:
        raise Broken("the other side is gone or too slow") from error
    return bytes(buffer)
