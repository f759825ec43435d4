"""The operator's webhook, as the settings name it: where alarms are told, and the secret that signs them."""

from dataclasses import dataclass, field
from pathlib import Path

from facekeep.errors import BadInput, Code
from facekeep.settings import AlarmSettings

_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class AlarmHook:
    """An address and a secret. The secret stays in the vault."""

    url: str
    secret: str = field(repr=False)


def hook_of(settings: AlarmSettings, data_dir: Path) -> AlarmHook | None:
    """The webhook of the settings, None where there is none; `secret_file` is looked for from the data folder.

    Raises
    ------
    BadInput
        `invalid_setting`: an address without a secret, or a file that cannot be read or holds too little.
    """
    if not settings.webhook:
        return None
    try:
        secret = (data_dir / settings.secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(Code.INVALID_SETTING, "alarms.secret_file names no file with a secret") from error
    if len(secret) < _SHORTEST_SECRET:
        raise BadInput(Code.INVALID_SETTING, f"alarms.secret_file holds fewer than {_SHORTEST_SECRET} characters")
    return AlarmHook(settings.webhook, secret)
