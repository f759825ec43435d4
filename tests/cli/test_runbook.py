"""Every command in docs/incident-runbook.md exists with its options, and those of the first hour were tried here."""

import re
import shlex
from pathlib import Path

import click
import pytest
from incident_room import furnish

from facekeep.cli.main import facekeep, run
from facekeep.vault import wire

PAGE = (Path(__file__).parents[2] / "docs" / "incident-runbook.md").read_text()
FENCE = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)


def fenced() -> list[list[str]]:
    """The command lines of the page, in order, as words."""
    text = "\n".join(FENCE.findall(PAGE)).replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in text.splitlines() if line.startswith("facekeep ")]


def inline() -> list[list[str]]:
    """The commands within sentences."""
    text = FENCE.sub("", PAGE)
    return [shlex.split(one.split(">")[0])[1:] for one in re.findall(r"`(facekeep [^`]+)`", text)]


@pytest.mark.parametrize("words", [*fenced(), *inline()], ids=" ".join)
def test_every_command_of_the_runbook_exists_with_its_options(words: list[str]) -> None:
    command: click.Command = facekeep
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        found = command.get_command(click.Context(command), rest.pop(0))
        assert found is not None, words
        command = found
    known = {name for one in command.params for name in one.opts}
    assert {one for one in rest if one.startswith("--")} <= known


def test_the_first_hour_can_be_lived_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = furnish(tmp_path / "keep", monkeypatch)
    begins_at, thief = room.at, room.actors[0]
    room.ask(thief, wire.ListMembers(session=thief.session), wire.MemberPage, "members")
    room.wait(61)
    monkeypatch.chdir(tmp_path)
    Path("doctor.json").write_text("{}")
    known = {
        "k23ed5dede": thief.key_id,
        "mem_…": thief.member_id,
        "org_…": room.actors[-1].organization_id,
        "2026-03-01T00:00:00Z": begins_at,
        "2026-03-01T22:00:00Z": begins_at,
    }
    known |= dict.fromkeys(("2026-03-02T08:10:00Z", "2026-03-02T08:30:00Z", "2026-03-02T09:00:00Z"), room.at)
    tried = []
    for words in fenced():
        if words[:2] == ["vault", "panic"] or words[2:3] == ["session"]:
            continue  # one ends the hour, one needs a person who signed in: tests/vault/test_freezes.py has both
        assert run([*(known.get(one, one) for one in words), "--data", str(room.folder)]) == 0, words
        said = capsys.readouterr().out
        if words[:2] == ["incident", "open"]:
            known["inc_…"] = said.split()[1].rstrip(",")
        if words[:2] == ["incident", "report"]:
            known["facekeep/log_…+…"] = said.split("--key ")[1].strip()
        tried.append(" ".join(words[:2]))
    assert tried[0] == "alarms list"
    assert tried[-2:] == ["incident notify", "incident clocks"]
    assert (tmp_path / "notices" / "authorities" / "nis2-1.pdf").exists()
    room.keeper.seal()
