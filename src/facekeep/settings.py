"""One typed, frozen model of the settings, read once at the edge; a room gets only its own section.

Sources, in order: the defaults below, `keep.toml` in the data folder, and FACEKEEP_PORT for the port alone, so that a
second keep can run beside a first one. Unknown keys are refused. Nothing secret is a
setting: keys are typed in, come as word shares, or lie in a file that only its path is known of.
"""

import os
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Literal

import msgspec

from facekeep.errors import BadInput, Code

_LONGEST_SOCKET_PATH = 100  # bytes; the kernel's sun_path holds 108 on Linux and 104 elsewhere

HourlyCount = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
SignalName = Literal[
    "reading.coverage", "searches", "case_searches", "opens", "low_scores", "exports", "off_hours", "new_client"
]


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens, and how much it takes. Sizes in bytes, times in seconds.

    `request_lines` writes a line on stderr for every request (route pattern, status, milliseconds, a random id), not
    only for those that failed on our side: when a keep is used is metadata too, so it is off.

    `allowed_hosts` are names that requests may come under besides the machine's own (localhost and its addresses).
    `tls_proxy` says that a proxy with TLS stands in front: the https address that people use. `describe` false keeps
    /docs and /openapi.json for those who have a key.
    """

    host: str = "127.0.0.1"
    port: int = 8470
    max_photo_bytes: int = 20_000_000
    max_request_bytes: int = 64_000_000
    max_photos_a_request: int = 16
    workers_threads: int = 16
    allowed_hosts: tuple[str, ...] = ()
    request_lines: bool = False
    tls_proxy: Annotated[str, msgspec.Meta(pattern="^(https://[!-~]+)?$", max_length=500)] = ""
    describe: bool = True


class VaultSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`server_user` is the user that the server runs as, where that is another than the vault's; empty: the same.

    The vault then lets that user's processes in at the server's socket, and at no other.
    """

    server_user: Annotated[str, msgspec.Meta(max_length=64)] = ""


class DoctorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Findings of `facekeep doctor` that the operator has decided to live with: the check, and why. Never blockers."""

    accepted: dict[str, Annotated[str, msgspec.Meta(min_length=1, max_length=200)]] = {}


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`records_url` is an SQLAlchemy URL, `blobs_url` a folder or `s3://bucket/prefix`; empty means the data folder."""

    records_url: str = ""
    blobs_url: str = ""


class FacesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the decoding and inference worker. `model_dir` empty means the installed model package."""

    model_dir: str = ""
    workers: int = 1
    threads_a_worker: int = 1
    max_pixels: int = 50_000_000
    max_side_px: int = 16_384
    max_memory_bytes: int = 2_000_000_000
    max_cpu_seconds_a_photo: int = 20
    photos_before_recycling: int = 1_000
    idle_seconds_before_renewal: float = 20.0


class SearchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`threads` 0 means every core."""

    threads: int = 0


class WitnessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A witness that cosigns checkpoints: where it listens, and its verifier key in note format."""

    url: Annotated[str, msgspec.Meta(pattern="^https?://", max_length=1_000)]
    key: Annotated[str, msgspec.Meta(max_length=2_000)]


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the log shows itself. A checkpoint every `interval_s` seconds, each larger by a multiple of `bucket` entries.

    An idle keep's log grows by a bucket of 1 KiB entries an interval: 47 MB a day with the defaults. The server sends
    every checkpoint to `witnesses`, and shows what they signed with it.
    """

    interval_s: Annotated[float, msgspec.Meta(ge=0.1, le=3_600)] = 60.0
    bucket: Annotated[int, msgspec.Meta(ge=1, le=4_096)] = 32
    witnesses: Annotated[tuple[WitnessSettings, ...], msgspec.Meta(max_length=16)] = ()


class BackupSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many hours a backup can be opened. Receipts of forgetting state it; then its key is destroyed."""

    horizon_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24


class SignInSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where people sign in with passkeys. A passkey made for one `rp_id` is worthless under another.

    `rp_id` is the domain that people see in the address bar, or one above it; `origins` are the pages that may ask for
    a passkey, such as "https://faces.example.org". Empty means https and that domain, and on localhost the server's
    own port without TLS.
    """

    rp_id: str = "localhost"
    origins: tuple[str, ...] = ()


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where webhooks may lead. Nowhere but to public addresses over HTTPS, unless the operator says otherwise.

    `allow_networks` are networks, such as `10.0.0.0/8`, to which deliveries may go too, over plain HTTP also. `ca_file`
    holds certificates (PEM) that are trusted besides the system's. An attempt takes `timeout_s` seconds at most.
    """

    allow_networks: tuple[str, ...] = ()
    ca_file: str = ""
    timeout_s: float = 10.0


class AlarmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the operator is told of alarms, and the file (from the data folder) whose text signs what is sent.

    Without a webhook alarms are entries in the log and lines in `facekeep alarms list`. The networks and certificates
    of `webhooks` hold for this one too.
    """

    webhook: Annotated[str, msgspec.Meta(max_length=500, pattern=r"^(https?://[!-~]+)?$")] = ""
    secret_file: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


class CanarySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decoys: whether there are any, whether some are files in the data folder, and what follows on a touch.

    `response` stops nothing, the session or key that touched, its member, its organization, or seals the vault.
    """

    armed: bool = True
    files: bool = True
    response: Literal["none", "freeze-session", "freeze-member", "freeze-organization", "seal"] = "freeze-session"


class Response(StrEnum):
    """What the vault does by itself when a signal is raised."""

    NONE = "none"
    FREEZE_SESSION = "freeze-session"
    FREEZE_MEMBER = "freeze-member"
    FREEZE_ORGANIZATION = "freeze-organization"
    SEAL = "seal"


class SignalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What counts as misuse, and what follows; `docs/signals.md` says what each is for.

    `reading_share` is the part of a collection of 1,000 faces or more that one member stays below in `reading_days`.
    The others are counts an hour that are not unusual by themselves; more is, where it is also more than `usual_factor`
    times the most that the same member, or case, did in an hour of the last four weeks. `responses` are by signal.
    """

    reading_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.01
    reading_days: Annotated[int, msgspec.Meta(ge=1, le=3_660)] = 30
    searches_an_hour: HourlyCount = 60
    case_searches_an_hour: HourlyCount = 200
    opens_an_hour: HourlyCount = 600
    low_scores_an_hour: HourlyCount = 40
    exports_an_hour: HourlyCount = 1_000_000
    usual_factor: Annotated[float, msgspec.Meta(ge=1, le=1_000)] = 3.0
    off_hours: bool = True
    new_clients: bool = True
    responses: dict[SignalName, Response] = {}

    def response_to(self, signal: str) -> Response:
        """What follows a signal: as it is set, or a freeze of the member for coverage and nothing for the others."""
        usual = Response.FREEZE_MEMBER if signal == "reading.coverage" else Response.NONE
        return {str(name): response for name, response in self.responses.items()}.get(signal, usual)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of it, with the folders derived from one root."""

    data_dir: Path
    http: HttpSettings = HttpSettings()
    store: StoreSettings = StoreSettings()
    faces: FacesSettings = FacesSettings()
    search: SearchSettings = SearchSettings()
    log: LogSettings = LogSettings()
    webhooks: WebhookSettings = WebhookSettings()
    alarms: AlarmSettings = AlarmSettings()
    canaries: CanarySettings = CanarySettings()
    signals: SignalSettings = SignalSettings()
    sign_in: SignInSettings = SignInSettings()
    vault: VaultSettings = VaultSettings()
    doctor: DoctorSettings = DoctorSettings()
    backup: BackupSettings = BackupSettings()

    @property
    def sign_in_origins(self) -> tuple[str, ...]:
        """The origins of pages that may ask for a passkey."""
        if self.sign_in.origins:
            return self.sign_in.origins
        if self.sign_in.rp_id == "localhost":
            return (f"http://localhost:{self.http.port}",)
        return (f"https://{self.sign_in.rp_id}",)

    @property
    def is_for_this_machine_alone(self) -> bool:
        """Whether nothing in the settings lets anybody else in: how a trial is meant."""
        return is_loopback(self.http.host) and not self.http.tls_proxy and self.sign_in.rp_id == "localhost"

    @property
    def vault_dir(self) -> Path:
        """The vault's own folder: its database, its log, its seal. The server never opens it."""
        return self.data_dir / "vault"

    @property
    def store_dir(self) -> Path:
        """Encrypted records and blobs."""
        return self.data_dir / "store"

    @property
    def cache_dir(self) -> Path:
        """Repaired models, compiled kernels, mapped blocks of a remote store. May be deleted at any time."""
        return self.data_dir / "cache"

    @property
    def cosigned_dir(self) -> Path:
        """Checkpoints that witnesses signed, for reports about incidents."""
        return self.data_dir / "cosigned"

    @property
    def run_dir(self) -> Path:
        """Sockets. Under the data folder, or, where that path is too long for a socket, under the system's own."""
        inside = self.data_dir / "run"
        if len(os.fsencode(inside / "vault-admin.sock")) <= _LONGEST_SOCKET_PATH:
            return inside
        digest = sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(gettempdir()) / f"facekeep-{os.getuid()}-{digest}"

    @property
    def vault_socket(self) -> Path:
        """Where the server reaches the vault."""
        return self.run_dir / "vault.sock"

    @property
    def admin_socket(self) -> Path:
        """Where an operator reaches the vault. In production the server's user cannot open it."""
        return self.run_dir / "vault-admin.sock"


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` is reached from its own machine alone."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load(data_dir: Path) -> Settings:
    """Settings of the keep under `data_dir`.

    Raises
    ------
    BadInput
        `invalid_setting`: an unknown key or a value of the wrong type, named.
    """
    root = data_dir.expanduser().absolute()
    given: dict[str, object] = {}
    if (root / "keep.toml").exists():
        try:
            given = msgspec.toml.decode((root / "keep.toml").read_bytes(), type=dict[str, object])
        except msgspec.DecodeError as error:
            raise BadInput(Code.INVALID_SETTING, f"keep.toml is not valid TOML: {error}") from error
    if port := os.environ.get("FACEKEEP_PORT"):
        http = given.get("http", {})
        given["http"] = {**(http if isinstance(http, dict) else {}), "port": int(port) if port.isdigit() else port}
    try:
        return msgspec.convert({**given, "data_dir": root}, Settings)
    except msgspec.ValidationError as error:
        raise BadInput(Code.INVALID_SETTING, f"keep.toml: {error}") from error
