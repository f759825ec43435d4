"""Changing one setting in `keep.toml`, and leaving every other line of it as people wrote it.

The text is changed line by line, then read again: unless exactly the wanted setting has changed, and the whole is
valid, nothing is written.
"""

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.settings import Settings

_NAME = re.compile(r"[a-z_]+(\.[a-z0-9_-]+)+")
_MODE = 0o600


def set_setting(settings: Settings, name: str, untrusted_value: str) -> None:
    """Set `section.name`. The value is TOML (`32`, `true`, `["a"]`), and text where it is none.

    Raises
    ------
    BadInput
        `invalid_setting`: there is no such setting, the value does not fit, or the file must be changed by hand.
    """
    value = _parsed(untrusted_value)
    section, key = _split(name)
    text = _text(settings)
    lines = _without(text.splitlines(), section, key)
    header = f"[{section}]"
    at = next((number for number, line in enumerate(lines) if line.strip() == header), None)
    if at is None:
        lines += ["", header] if lines else [header]
        at = len(lines) - 1
    lines.insert(at + 1, f"{key} = {_written(value)}")
    _replace(settings, lines, _changed(_read(text), section, key, value))


def unset_setting(settings: Settings, name: str) -> None:
    """Take `section.name` out, so that it has its default. Raises as `set_setting` does."""
    section, key = _split(name)
    text = _text(settings)
    lines = _without(_without_tables(text.splitlines(), name), section, key)
    _replace(settings, lines, _changed(_read(text), section, key, None))


def add_witness(settings: Settings, url: str, key: str) -> None:
    """Add a witness of the log. Raises as `set_setting` does."""
    text = _text(settings)
    lines = [*text.splitlines(), "", "[[log.witnesses]]", f"url = {_written(url)}", f"key = {_written(key)}"]
    given = _read(text)
    before = given.get("log", {}).get("witnesses", [])
    _replace(settings, lines, _changed(given, "log", "witnesses", [*before, {"url": url, "key": key}]))


def _parsed(untrusted_value: str) -> Any:
    try:
        return msgspec.toml.decode(f"value = {untrusted_value}".encode())["value"]
    except msgspec.DecodeError:
        return untrusted_value


def _written(value: Any) -> str:
    """TOML of a text, number, yes or no, or a list of them. JSON writes these the same."""
    return msgspec.json.encode(value).decode()


def _split(name: str) -> tuple[str, str]:
    if not _NAME.fullmatch(name):
        raise BadInput(Code.INVALID_SETTING, "expected a setting such as http.host")
    section, _, key = name.rpartition(".")
    return section, key


def _without(lines: list[str], section: str, key: str) -> list[str]:
    """The lines without `key = …` of a section."""
    kept, inside = [], False
    for line in lines:
        if line.lstrip().startswith("["):
            inside = line.strip() == f"[{section}]"
        if not (inside and re.match(rf"\s*{re.escape(key)}\s*=", line)):
            kept.append(line)
    return kept


def _without_tables(lines: list[str], name: str) -> list[str]:
    """The lines without every `[name]` or `[[name]]` and what stands below it."""
    kept, inside = [], False
    for line in lines:
        if line.lstrip().startswith("["):
            inside = line.strip() in {f"[{name}]", f"[[{name}]]"}
        if not inside:
            kept.append(line)
    return kept


def _changed(given: dict[str, Any], section: str, key: str, value: Any) -> dict[str, Any]:
    """What the file should say afterwards; None takes the setting out."""
    inner: Any = given
    for part in section.split("."):
        inner = inner.setdefault(part, {})
        if not isinstance(inner, dict):
            raise BadInput(Code.INVALID_SETTING, f"{section} is no section of keep.toml")
    if value is None:
        inner.pop(key, None)
    else:
        inner[key] = value
    return given


def _replace(settings: Settings, lines: list[str], expected: dict[str, Any]) -> None:
    text = "\n".join(lines).strip("\n") + "\n"
    try:
        if _pruned(_read(text)) != _pruned(expected):
            raise BadInput(Code.INVALID_SETTING, "keep.toml writes this setting over several lines: change it by hand")
        msgspec.convert({**_read(text), "data_dir": settings.data_dir}, Settings)
    except msgspec.ValidationError as error:
        raise BadInput(Code.INVALID_SETTING, f"keep.toml: {error}") from error
    _write(settings.data_dir / "keep.toml", text)


def _pruned(given: dict[str, Any]) -> dict[str, Any]:
    """Without empty sections, which say nothing."""
    pruned = {name: _pruned(value) if isinstance(value, dict) else value for name, value in given.items()}
    return {name: value for name, value in pruned.items() if value != {}}


def _text(settings: Settings) -> str:
    path = settings.data_dir / "keep.toml"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _read(text: str) -> dict[str, Any]:
    try:
        return msgspec.toml.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadInput(Code.INVALID_SETTING, f"keep.toml is not valid TOML: {error}") from error


def _write(path: Path, text: str) -> None:
    """In one step, durably, with the owner, group and mode that the file had."""
    before = path.stat() if path.exists() else None
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        if before is not None:
            os.fchown(handle, before.st_uid, before.st_gid)
            os.fchmod(handle, before.st_mode & 0o777)
        file.write(text)
        file.flush()
        os.fsync(handle)
    fresh.replace(path)
