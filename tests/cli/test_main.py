"""One command line in, one exit status out, and never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from facekeep.cli import main
from facekeep.cli.main import COMMANDS, facekeep, run

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from facekeep.cli.main import run; status = run(['--help']);"
        "heavy = {'httpx', 'rich', 'numpy', 'msgspec', 'onnxruntime', 'cryptography'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy or status else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in COMMANDS)


def _commands(group: click.Group, before: str = "facekeep") -> list[str]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        path = f"{before} {name}"
        found += _commands(command, path) if isinstance(command, click.Group) else [path]
    return found


def test_every_command_has_help_and_json_and_is_documented(capsys) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    for path in _commands(facekeep):
        assert path in document
        if not path.startswith("facekeep bench"):
            assert run([*path.split()[1:], "--help"]) == 0
            shown = capsys.readouterr().out
            assert "--json" in shown
            # One makes a keep of its own, the other runs where there is none.
            assert ("--data" in shown) == (path not in {"facekeep evaluate", "facekeep log witness"})


def test_wrong_usage_is_status_2(capsys) -> None:
    assert run(["search"]) == 2
    assert run(["no-such-command"]) == 2
    assert run(["forget"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_error_is_two_lines(keep, capsys) -> None:
    assert keep("collections", "show", "Missing\x1b[2J") == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("facekeep: ")
    assert lines[0].endswith("[not_found]")
    assert "\x1b" not in lines[0]
    assert lines[1].startswith("  try: ")


def test_an_error_as_json_is_one_object_on_standard_error(keep, capsys) -> None:
    keep.rule("GET /v1/collections", {"code": "unauthenticated", "detail": "no", "entry": 4}, status=401)
    assert keep("collections", "list", "--json") == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    error = json.loads(shown.err)["error"]
    assert (error["code"], error["entry"]) == ("unauthenticated", 4)
    assert error["advice"]


def test_no_keep_and_no_server_are_said_plainly(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "config"))
    assert run(["collections", "list", "--data", str(tmp_path / "none")]) == 3
    assert "there is no keep" in capsys.readouterr().err


def test_an_unexpected_error_shows_its_kind_and_nothing_it_carries(keep, monkeypatch, capsys) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Ana Secret")

    monkeypatch.setattr("facekeep.cli.options.Options.client", broken)
    assert keep("collections", "list") == 1
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    assert "Ana" not in shown
    monkeypatch.setenv("FACEKEEP_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        keep("collections", "list")


def test_ctrl_c_is_status_130(keep, monkeypatch, capsys) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facekeep.cli.options.Options.client", interrupted)
    assert keep("collections", "list") == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_sigterm_ends_a_command_as_ctrl_c_does_and_lets_it_tidy_up() -> None:
    program = """
import sys, time, types
import click
from facekeep.cli import main
@click.command()
def command():
    try:
        print("began", flush=True)
        time.sleep(60)
    finally:
        print("tidied up", flush=True)
sys.modules["facekeep.cli.status"] = types.SimpleNamespace(command=command)
sys.argv = ["facekeep", "status"]
main.main()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        process.terminate()
        assert process.stdout.read() == "tidied up\n"
    assert process.returncode == 130


def test_a_reader_that_leaves_early_is_no_error() -> None:
    program = f"{sys.executable} -m facekeep.cli.main vault --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_data_folder_comes_from_the_environment(keep, monkeypatch, capsys) -> None:
    monkeypatch.setenv("FACEKEEP_DATA", str(keep.data))
    assert main.run(["collections", "list"]) == 0
    assert "Archive" in capsys.readouterr().out
