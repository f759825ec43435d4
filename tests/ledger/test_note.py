"""Notes are taken apart strictly, and nothing leaves them unverified."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.errors import Code, Tampered
from facekeep.ledger.note import (
    MAX_NOTE_BYTES,
    Checkpoint,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_note,
    verifier_key,
)

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "ledger").glob("note_*.json"))
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = verifier_key(name="keep.example/log", public_key=SIGNING_KEY.public_key().public_bytes_raw())
OTHER = verifier_key(
    name="witness.example/w", public_key=Ed25519PrivateKey.from_private_bytes(b"w" * 32).public_key().public_bytes_raw()
)
HEAD = Checkpoint("keep.example/log", 300, b"r" * 32)
NOTE = sign_note(HEAD.text, key=KEY, sign=SIGNING_KEY.sign)


def is_good(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except Exception:  # whatever the library says, it is not a good signature
        return False
    return True


@pytest.mark.parametrize("path", VECTORS, ids=[path.stem for path in VECTORS])
def test_vectors(path: Path) -> None:
    vector = json.loads(path.read_text())
    key = parse_verifier_key(vector["verifier_key"])
    if vector["kind"] == "valid":
        assert open_note(vector["note"].encode(), expected_key=key, is_good=is_good) == vector["text"]
        return
    with pytest.raises(Tampered) as caught:
        open_note(vector["note"].encode(), expected_key=key, is_good=is_good)
    assert caught.value.code is Code.LOG_ALTERED
    assert vector["reason"] in caught.value.message


def test_there_are_vectors_of_both_kinds() -> None:
    kinds = [json.loads(path.read_text())["kind"] for path in VECTORS]
    assert kinds.count("valid") >= 2
    assert kinds.count("refused") >= 8


def test_a_checkpoint_reads_as_the_specification_says() -> None:
    root = b64encode(b"r" * 32).decode()
    assert NOTE.startswith(f"keep.example/log\n300\n{root}\n\n— keep.example/log ")
    assert open_checkpoint(NOTE.encode(), expected_origin=HEAD.origin, expected_key=KEY, is_good=is_good) == HEAD


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint("a", 0, b"r" * 32, ("one", "two"))
    assert parse_checkpoint(extended.text) == extended


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(Tampered, match="another log"):
        open_checkpoint(NOTE.encode(), expected_origin="other.example/log", expected_key=KEY, is_good=is_good)


def test_signatures_of_other_keys_are_ignored() -> None:
    witness = "— witness.example/w " + b64encode(OTHER.key_id + b"anything at all").decode() + "\n"
    assert open_note((NOTE + witness).encode(), expected_key=KEY, is_good=is_good) == HEAD.text


def test_a_second_bad_signature_of_our_key_spoils_the_note() -> None:
    forged = "— keep.example/log " + b64encode(KEY.key_id + bytes(64)).decode() + "\n"
    with pytest.raises(Tampered, match="does not verify"):
        open_note((NOTE + forged).encode(), expected_key=KEY, is_good=is_good)


def test_sixteen_large_signatures_are_taken() -> None:
    lines = "".join(f"— w{n}.example {b64encode(bytes(5004)).decode()}\n" for n in range(15))
    assert open_note((NOTE + lines).encode(), expected_key=KEY, is_good=is_good) == HEAD.text


def test_notes_beyond_the_limits_are_refused_before_they_are_read() -> None:
    with pytest.raises(Tampered):
        parse_note(b"a" * (MAX_NOTE_BYTES + 1))
    with pytest.raises(Tampered):
        parse_note((NOTE + "— w.example AAAAAAA=\n" * 64).encode())


def test_the_verifier_key_reads_back() -> None:
    assert parse_verifier_key(KEY.text) == KEY
    name, key_id, public = KEY.text.split("+", 2)
    assert (name, key_id) == ("keep.example/log", KEY.key_id.hex())
    assert len(public) == 44


@pytest.mark.parametrize(
    "untrusted",
    [
        "",
        "+",
        "keep.example/log",
        KEY.text + "\n",
        KEY.text.replace("keep", "kept"),
        KEY.text.replace("keep", "ke ep"),
        KEY.text.upper(),
        "\ud800" + KEY.text,
        "x" * 100_000,
        f"a+00000000+{b64encode(bytes(33)).decode()}",
        f"a+00000000+{b64encode(bytes([1]) + bytes(31)).decode()}",
        f"a+0000000g+{b64encode(bytes([1]) + bytes(32)).decode()}",
    ],
)
def test_malformed_verifier_keys_are_refused(untrusted: str) -> None:
    with pytest.raises(Tampered) as caught:
        parse_verifier_key(untrusted)
    assert caught.value.code is Code.LOG_ALTERED


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"a\n1\n{ROOT}",
        f"a\n1\n{ROOT}\n\n",
        f"\n1\n{ROOT}\n",
        f"a\n01\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n1 \n{ROOT}\n",
        f"a\n١\n{ROOT}\n",
        f"a\n{1 << 63}\n{ROOT}\n",
        f"a\n{'9' * 5000}\n{ROOT}\n",
        f"a\n1\n{ROOT[:-1]}\n",
        f"a\n1\n {ROOT}\n",
        f"a\n1\n{b64encode(bytes(31)).decode()}\n",
        f"a\n1\n{b64encode(bytes(33)).decode()}\n",
        f"a\n1\n{ROOT[:-2]}B=\n",
        f"a\r\n1\n{ROOT}\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(Tampered) as caught:
        parse_checkpoint(text)
    assert caught.value.code is Code.LOG_ALTERED


@pytest.mark.parametrize("text", ["", "no newline", "bell \x07\n", "tab\t\n"])
def test_unsuitable_texts_are_not_signed(text: str) -> None:
    with pytest.raises(Tampered):
        sign_note(text, key=KEY, sign=SIGNING_KEY.sign)


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_a_note_or_are_refused(untrusted: bytes) -> None:
    try:
        note = parse_note(untrusted)
    except Tampered:
        return
    assert untrusted.startswith(note.untrusted_text.encode() + b"\n")
    assert note.signatures


@settings(max_examples=300)
@given(st.text(max_size=60), st.text(alphabet="— \n+aA=", max_size=40))
def test_any_text_around_a_signature_line_is_taken_or_refused(before: str, after: str) -> None:
    untrusted = f"{before}\n\n— a AAAAAAA=\n{after}".encode(errors="surrogatepass")
    try:
        note = parse_note(untrusted)
    except Tampered:
        return
    assert len(note.signatures) == untrusted.rpartition(b"\n\n")[2].count(b"\n")


@given(st.text(max_size=120))
def test_any_text_is_a_checkpoint_or_is_refused(untrusted: str) -> None:
    try:
        checkpoint = parse_checkpoint(untrusted)
    except Tampered:
        return
    assert checkpoint.text == untrusted
