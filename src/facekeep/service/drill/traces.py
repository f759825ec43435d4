"""What a name, a photo or a template looks like in a dump: byte patterns in every encoding a thief would try.

A trace is short on purpose: a dump that holds any 13 characters in a row counts as readable, not only one that holds
the whole. Shorter remains are not looked for: the C library leaves up to eight bytes at the end of a freed piece of
memory.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

CHARACTERS = 13
KEY_BYTES = 8
_PHOTO_WINDOW = 32
_LEAST_DISTINCT = 4
_PROBE_NORM = 180  # of a quantized probe
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Trace:
    """Bytes that must not be found; `label` says of what, and in which encoding."""

    label: str
    pattern: bytes


def of_text(label: str, text: str) -> list[Trace]:
    """Every window of a text in every encoding. Choose texts that nothing else contains, of 24 characters or more."""
    return [
        Trace(f"{label} as {name}", window)
        for name, encoded in text_encodings(text).items()
        for window in _windows(encoded, CHARACTERS * len(encoded) // len(text), step=1)
    ]


def text_encodings(text: str) -> dict[str, bytes]:
    """A text as programs keep and send it, by name of the encoding."""
    plain = text.encode()
    found = {
        "utf-8": plain,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "utf-32-le": text.encode("utf-32-le"),
        "utf-32-be": text.encode("utf-32-be"),
        "url": quote(text, safe="").encode(),
        "url in small letters": quote(text, safe="").lower().encode(),
        "json": json.dumps(text).encode(),
    }
    return found | {name: encoded for name, encoded in byte_encodings(plain).items() if name != "bytes"}


def of_bytes(label: str, value: bytes) -> list[Trace]:
    """Every window of bytes that nothing else contains, 24 or more, as they are and in what programs write them in."""
    return [
        Trace(f"{label} as {name}", window)
        for name, encoded in byte_encodings(value).items()
        for window in _windows(encoded, CHARACTERS * len(encoded) // len(value), step=1)
    ]


def byte_encodings(value: bytes) -> dict[str, bytes]:
    """Bytes as programs keep and send them, by name of the encoding."""
    found = {"bytes": value, "hex": value.hex().encode(), "HEX": value.hex().upper().encode()}
    for shift in range(3):
        found[f"base64 at {shift}"] = _base64_inside(value, shift)
        found[f"base64url at {shift}"] = found[f"base64 at {shift}"].translate(_URL_SAFE)
    return found


def of_photo(label: str, photo: bytes) -> list[Trace]:
    """Windows of a picture file from behind its tables, which many pictures share: as bytes, in base64, in hex."""
    pieces = list(_windows(photo[len(photo) // 3 : -16], _PHOTO_WINDOW, step=256))
    return [Trace(f"{label} as bytes", piece) for piece in pieces] + [
        Trace(f"{label} as {name}", encoded)
        for piece in pieces[:4]
        for name, encoded in byte_encodings(piece).items()
        if name != "bytes"
    ]


def of_pixels(label: str, pixels: NDArray[np.uint8]) -> list[Trace]:
    """Windows of a decoded picture, uint8 (h, w, 3), in both orders of its channels."""
    rows = pixels[len(pixels) // 4 : -len(pixels) // 4 : 4]
    return [
        Trace(f"{label} as {name} pixels", window)
        for name, order in (("RGB", rows), ("BGR", rows[..., ::-1]))
        for row in order
        for window in _windows(np.ascontiguousarray(row).tobytes(), _PHOTO_WINDOW, step=96)
    ]


def of_template(label: str, template: NDArray[np.float32]) -> list[Trace]:
    """Windows of a unit-length template in every number format it could be kept in, quantized probes included."""
    return [
        Trace(f"{label} as {name}", window)
        for name, (encoded, width, count) in template_encodings(template).items()
        for window in _windows(encoded, width * count, step=width)
    ]


def template_encodings(template: NDArray[np.float32]) -> dict[str, tuple[bytes, int, int]]:
    """A template's bytes by number format, with the bytes of one value and the values that make a trace."""
    largest = float(np.abs(template).max())
    probe = np.rint(template.astype(np.float64) * _PROBE_NORM)
    found = {
        "float32": (template.astype("<f4").tobytes(), 4, 4),
        "float64": (template.astype("<f8").tobytes(), 8, 3),
        "float16": (template.astype("<f2").tobytes(), 2, 8),
        "float32, big end first": (template.astype(">f4").tobytes(), 4, 4),
        "float64, big end first": (template.astype(">f8").tobytes(), 8, 3),
        "float16, big end first": (template.astype(">f2").tobytes(), 2, 8),
        "probe int32": (probe.astype("<i4").tobytes(), 4, 10),
        "probe int16": (probe.astype("<i2").tobytes(), 2, 14),
        "probe int32, big end first": (probe.astype(">i4").tobytes(), 4, 10),
        "probe int16, big end first": (probe.astype(">i2").tobytes(), 2, 14),
    }
    for scale in (127.0, 128.0, 127.0 / largest, 180.0):
        values = np.clip(np.rint(template * scale), -128, 127)
        found[f"int8 x {scale:.3g}"] = (values.astype("<i1").tobytes(), 1, 20)
    return found


def is_telling(pattern: bytes) -> bool:
    """Whether a pattern says something: zeros and repetitions are everywhere."""
    return len(set(pattern)) >= _LEAST_DISTINCT and len(set(pattern[:KEY_BYTES])) >= _LEAST_DISTINCT - 1


def _windows(encoded: bytes, size: int, *, step: int) -> Iterator[bytes]:
    for start in range(0, len(encoded) - size + 1, step):
        window = encoded[start : start + size]
        if is_telling(window):
            yield window


def _base64_inside(plain: bytes, shift: int) -> bytes:
    """What base64 shows of `plain` where `shift` bytes stand before it: only characters that nothing else decides."""
    encoded = base64.b64encode(bytes(shift) + plain)
    return encoded[(0, 2, 3)[shift] : len(encoded) // 4 * 4 - 4]
