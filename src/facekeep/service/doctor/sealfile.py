"""What the seal tells without being opened: how it is opened."""

from typing import Annotated

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.settings import Settings

_Method = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class _Seal(msgspec.Struct):
    """The one member of `vault/seal.json` that is of interest here."""

    method: _Method


def unseal_method(settings: Settings) -> str:
    """key_file, passphrase, shares, or another; empty where there is no keep yet.

    Raises
    ------
    BadInput
        `invalid_request`: the file is damaged.
    """
    path = settings.vault_dir / "seal.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Seal).method
    except FileNotFoundError:
        return ""
    except msgspec.DecodeError as error:
        raise BadInput(Code.INVALID_REQUEST, f"{path} is damaged") from error
