"""What every command understands, and how it reaches the keep that was meant."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

if TYPE_CHECKING:
    from facekeep.settings import Settings
    from facekeep_sdk import Client

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Options:
    """The data folder, and whether the result is wanted as JSON."""

    data: Path
    as_json: bool

    def settings(self) -> "Settings":
        """The settings of the keep under the data folder."""
        from facekeep.settings import load  # noqa: PLC0415 - keeps `facekeep --help` fast

        return load(self.data)

    def client(self) -> "Client":
        """A client of the running keep, as who signed in or with the saved key, and with the remembered checkpoint."""
        from facekeep.service import credentials  # noqa: PLC0415
        from facekeep_sdk import Client  # noqa: PLC0415

        settings = self.settings()
        saved = credentials.current(settings)
        return Client(saved.url, saved.api_key, checkpoint_path=credentials.checkpoint_file(settings), timeout_s=180.0)

    def stranger(self) -> "Client":
        """A client that is nobody yet, to sign in or to join."""
        from facekeep.service import credentials  # noqa: PLC0415
        from facekeep_sdk import Client  # noqa: PLC0415

        return Client(credentials.base_url(self.settings()), "")


def common(function: Callable[Concatenate[Options, P], None]) -> Callable[..., None]:
    """Add `--data` and `--json` to a command; its function gets them as `Options` first."""

    @click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="FACEKEEP_DATA",
        default=Path("keep"),
        help="Data folder of the keep.  [default: $FACEKEEP_DATA or ./keep]",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    @wraps(function)
    def with_options(data: Path, as_json: bool, *args: Any, **rest: Any) -> None:
        function(Options(data, as_json), *args, **rest)

    return with_options
