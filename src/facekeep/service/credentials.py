"""Where an operator's secrets lie: beside the keep, never inside its data folder.

    $FACEKEEP_CONFIG, else $XDG_CONFIG_HOME/facekeep, else ~/.config/facekeep
      <keep id>/credentials.json   the server's address and the API key, 0600
      <keep id>/session.json       the session of who signed in at this machine, 0600
      <keep id>/unseal.key         trials only: made and read by the vault, 0600
      <keep id>/checkpoint.json    the last checkpoint of the log that was checked
      <keep id>/enroll/            which photos were sent already, as keyed hashes

The keep id is random text in `<data>/keep-id`: it tells keeps apart and says nothing else.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.settings import Settings


@dataclass(frozen=True, slots=True)
class Credentials:
    """The address of a server and a key for it. The key is left out of `repr`."""

    url: str
    api_key: str = field(repr=False)


def config_dir() -> Path:
    """The folder for everything an operator keeps beside a data folder."""
    chosen = os.environ.get("FACEKEEP_CONFIG")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser().absolute() / "facekeep"


def make_data_dir(settings: Settings) -> None:
    """Make what a keep needs and is missing: data folder, keep id, folder of sockets, its place for secrets (all 0700).

    Raises
    ------
    BadInput
        `invalid_setting`: the configuration folder lies inside the data folder, or a folder is somebody else's.
    """
    if config_dir().is_relative_to(settings.data_dir):
        raise BadInput(Code.INVALID_SETTING, "the configuration folder lies inside the data folder; keys must not")
    if not settings.vault.server_user:  # else two users' folders, made with their owners when the keep was set up
        for folder in (settings.data_dir, settings.run_dir):
            _own_folder(folder)
    if not _id_file(settings).exists():
        write_private(_id_file(settings), token_hex(16).encode())
        if settings.vault.server_user:
            _id_file(settings).chmod(0o644)  # it is no secret, and both users' commands look for it
    for folder in (config_dir(), keep_dir(settings)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def keep_dir(settings: Settings) -> Path:
    """The folder of this keep under `config_dir`; it need not exist yet.

    Raises
    ------
    BadInput
        `invalid_request`: there is no keep in the data folder.
    """
    try:
        keep_id = _id_file(settings).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise BadInput(Code.INVALID_REQUEST, f"there is no keep in {settings.data_dir}") from error
    if not (keep_id.isalnum() and len(keep_id) <= 64):
        raise BadInput(Code.INVALID_REQUEST, "the file keep-id in the data folder is damaged")
    return config_dir() / keep_id


def key_file(settings: Settings) -> Path:
    """Where a trial's unseal key lies."""
    return keep_dir(settings) / "unseal.key"


def checkpoint_file(settings: Settings) -> Path:
    """Where the last checked checkpoint of the log lies."""
    return keep_dir(settings) / "checkpoint.json"


def resume_dir(settings: Settings) -> Path:
    """Where bulk enrollment remembers what it sent."""
    return keep_dir(settings) / "enroll"


def base_url(settings: Settings) -> str:
    """The address of the server on this machine."""
    host = settings.http.host
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{settings.http.port}"


def save(settings: Settings, api_key: str) -> Path:
    """Keep an API key for this keep's server (0600); returns where."""
    path = keep_dir(settings) / "credentials.json"
    write_private(path, msgspec.json.encode({"url": base_url(settings), "api_key": api_key}))
    return path


def load(settings: Settings) -> Credentials:
    """The saved credentials of this keep.

    Raises
    ------
    BadInput
        `invalid_request`: there are none, or the file is damaged.
    """
    path = keep_dir(settings) / "credentials.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (OSError, msgspec.DecodeError) as error:
        text = f"nobody is signed in here, and {path} holds no API key; see: facekeep sign-in"
        raise BadInput(Code.INVALID_REQUEST, text) from error


def current(settings: Settings) -> Credentials:
    """What acts are done with: the session of who signed in, else the saved API key.

    Raises
    ------
    BadInput
        `invalid_request`: there is neither.
    """
    session = load_session(settings)
    return Credentials(base_url(settings), session) if session else load(settings)


def save_session(settings: Settings, session: str) -> Path:
    """Keep the session of who signed in; returns where."""
    path = _session_file(settings)
    write_private(path, msgspec.json.encode({"session": session}))
    return path


def load_session(settings: Settings) -> str:
    """The session of who signed in, empty where nobody did."""
    try:
        return msgspec.json.decode(_session_file(settings).read_bytes(), type=dict[str, str]).get("session", "")
    except (OSError, msgspec.DecodeError):
        return ""


def forget_session(settings: Settings) -> None:
    """Nobody is signed in at this machine any more."""
    _session_file(settings).unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in one step, durably, in a folder of mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{token_hex(4)}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _own_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    # The folder of sockets may lie in the system's shared one, where somebody else could have made it first.
    if folder.is_symlink() or facts.st_uid != os.getuid():
        raise BadInput(Code.INVALID_SETTING, f"{folder} belongs to somebody else or is a link")
    if facts.st_mode & 0o077:
        folder.chmod(0o700)


def _session_file(settings: Settings) -> Path:
    return keep_dir(settings) / "session.json"


def _id_file(settings: Settings) -> Path:
    return settings.data_dir / "keep-id"
