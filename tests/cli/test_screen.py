"""Nothing from outside reaches the terminal as anything but text."""

import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.cli.screen import emit_json, note, safe, show_error, table

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31mAna\r\n\u202egnp.exe\u2028\u0000\ud800"


@given(st.text(st.characters(codec=None)))
def test_nothing_that_a_terminal_obeys_is_left(text) -> None:
    shown = safe(text)
    left = {unicodedata.category(one) for one in shown if one not in "\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs", "M"))))
def test_ordinary_names_of_every_script_are_left_alone(text) -> None:
    assert safe(text) == text


def test_escapes_stay_visible() -> None:
    assert safe("a\x1b[31mb\u202e\U000e0001") == "a\\x1b[31mb\\u202e\\U000e0001"


def _is_harmless(text: str) -> bool:
    return not any(one in text for one in "\x1b\x9b\x07\r\u202e\u2028\x00")


def test_a_table_shows_hostile_names_harmlessly_and_reads_no_markup() -> None:
    out = io.StringIO()
    table(("Name",), [(HOSTILE,), ("[bold red]Ben[/]",), (":smile:",)], file=out)
    assert _is_harmless(out.getvalue())
    assert "[bold red]Ben[/]" in out.getvalue()
    assert ":smile:" in out.getvalue()


def test_json_is_ascii_and_gives_the_name_back(capsys) -> None:
    hostile = HOSTILE.replace("\ud800", "")
    emit_json({"name": hostile})
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert _is_harmless(shown)
    assert json.loads(shown)["name"] == hostile


@pytest.mark.parametrize("as_json", [True, False])
def test_errors_and_notes_are_harmless(capsys, as_json) -> None:
    show_error("conflict", HOSTILE, "choose another", as_json=as_json, entry=3)
    note(HOSTILE)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert _is_harmless(shown.err)
    assert "conflict" in shown.err
