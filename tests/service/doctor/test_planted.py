"""Misconfigurations, each planted alone in the production example: its own check finds it, and no other finds anything.

A plant is a row: the check, what is planted, and whether its fix can be carried out here, after which nothing is found.
"""

import base64
import json
import os
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from planting import Planted, assert_can_be_run, run_fix

from facekeep.service.backup import make
from facekeep.service.doctor.backups import MARK
from facekeep.service.doctor.machine import Process, Room
from facekeep.service.doctor.subject import Route

FOREIGN = 4711

@dataclass(frozen=True)
class Plant:
    check: str
    plant: Callable[[Planted], object]
    is_cured: bool = False

    def __str__(self) -> str:
        return self.check


def comment(text: str) -> Callable[[Planted], object]:
    """A line more in keep.toml."""

    def plant(keep: Planted) -> None:
        path = keep.data_dir / "keep.toml"
        path.write_text(path.read_text() + f"# {text}\n")

    return plant


def mode(name: str, bits: int) -> Callable[[Planted], object]:
    return lambda keep: (keep.data_dir / name).chmod(bits)


def setting(name: str, value: str) -> Callable[[Planted], object]:
    return lambda keep: keep.set(name, value)


def told(**facts: object) -> Callable[[Planted], object]:
    return lambda keep: keep.tell(**facts)


def seal_method(method: str) -> Callable[[Planted], object]:
    """A seal that says it is opened so."""

    def plant(keep: Planted) -> None:
        path = keep.data_dir / "vault" / "seal.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "method": method}))

    return plant


def link(name: str) -> Callable[[Planted], object]:
    return lambda keep: (keep.data_dir / name).symlink_to("/etc/hostname")


def network_open(keep: Planted) -> None:
    keep.set("http.tls_proxy", "")
    keep.set("http.host", "0.0.0.0")


def plain_origin(keep: Planted) -> None:
    keep.set("sign_in.origins", '["https://faces.example.org", "http://faces.example.org"]')


def another_site(keep: Planted) -> Path:
    """A copy of the installed packages, to be spoiled."""
    site = keep.data_dir.parent / "site"
    shutil.copytree(keep.machine.site, site)
    keep.tell(site=site)
    return site


def facekeep_altered(keep: Planted) -> None:
    path = another_site(keep) / "facekeep" / "errors.py"
    path.write_text(path.read_text() + "import os\n")


def facekeep_added(keep: Planted) -> None:
    (another_site(keep) / "facekeep" / "vault" / "extra.py").write_text("import os\n")


def package_altered(keep: Planted) -> None:
    path = another_site(keep) / "click" / "core.py"
    path.write_text(path.read_text() + "import os\n")


def package_of_another_version(keep: Planted) -> None:
    (info,) = another_site(keep).glob("click-*.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: click\nVersion: 0.0.1\n")


def package_with_a_hole(keep: Planted) -> None:
    """An advisory on just the version of h11 that is installed."""
    (info,) = keep.machine.site.glob("h11-*.dist-info")
    version = info.name.split("-")[1].removesuffix(".dist")
    affected = {"package": {"ecosystem": "PyPI", "name": "H11"}, "versions": [version]}
    told = json.loads(keep.advisories.read_text())
    told["advisories"].append({"id": "CVE-2026-0001", "summary": "a hole", "affected": [affected]})
    keep.advisories = keep.data_dir.parent / "newer.json"
    keep.advisories.write_text(json.dumps(told))


def old_advisories(keep: Planted) -> None:
    told = json.loads(keep.advisories.read_text())
    keep.advisories = keep.data_dir.parent / "older.json"
    keep.advisories.write_text(json.dumps({**told, "updated": "2020-02-26"}))


def from_a_source_folder(keep: Planted) -> None:
    (info,) = another_site(keep).glob("facekeep-*.dist-info")
    (info / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file:///src"}')


def checkpoint_unsigned(keep: Planted) -> None:
    path = keep.data_dir / "vault" / "log" / "checkpoint"
    path.write_text(path.read_text().split("\n\n")[0] + "\n\n")


def checkpoint_of_another_key(keep: Planted) -> None:
    name = (keep.data_dir / "vault" / "log" / "checkpoint").read_text().splitlines()[0]
    from facekeep.ledger.note import verifier_key

    memory = keep.config / "checkpoint.json"
    memory.write_text(json.dumps({"verifier_key": verifier_key(name=name, public_key=bytes(31) + b"\1").text}))
    memory.chmod(0o600)


def store_with_a_trigger(keep: Planted) -> None:
    with sqlite3.connect(keep.data_dir / "store" / "records.sqlite3") as database:
        database.execute("CREATE TRIGGER noted AFTER INSERT ON records BEGIN SELECT 1; END")
    database.close()
    for one in (keep.data_dir / "store").glob("records*"):
        one.chmod(0o600)


def model_exchanged(keep: Planted) -> None:
    place = keep.data_dir / "cache" / "models" / "face_recognition_sface_2021dec_int8bq.onnx"
    place.parent.mkdir(mode=0o700, exist_ok=True)
    place.write_bytes(b"another model")
    place.chmod(0o600)


def witness(url: str, key: str = "") -> Callable[[Planted], object]:
    """Another witness in the place of the example's."""

    def plant(keep: Planted) -> None:
        (here,) = keep.settings.log.witnesses
        path = keep.data_dir / "keep.toml"
        path.write_text(path.read_text().replace(here.url, url).replace(here.key, key or here.key))

    return plant


def without_witness(keep: Planted) -> None:
    run_fix(shlex.join(["facekeep", "settings", "unset", "log.witnesses", "--data", str(keep.data_dir)]))


def responses_off(keep: Planted) -> None:
    path = keep.data_dir / "keep.toml"
    path.write_text(path.read_text() + '\n[signals.responses]\n"reading.coverage" = "none"\n')


def sqlite_nowhere(keep: Planted) -> None:
    keep.set("store.records_url", "postgresql://facekeep@db.example.org/facekeep")


def object_store(keep: Planted) -> None:
    keep.set("store.blobs_url", "s3://photos/keep")
    keep.tell(variables={"PATH": "/usr/bin", "AWS_ENDPOINT_URL": "http://store.example.org:9000"})


def saved_key(keep: Planted) -> None:
    (keep.config / "credentials.json").write_text("{}")
    (keep.config / "credentials.json").chmod(0o644)


def stray_key(keep: Planted) -> None:
    (keep.config / "unseal.key").write_text("00" * 32)
    (keep.config / "unseal.key").chmod(0o600)


def process(**facts: int) -> tuple[tuple[str, Process], ...]:
    usual = {"pid": 77, "uid": 992, "core_limit_bytes": 0, "open_files": 8192, "locked_bytes": 0, "umask": 0o77}
    return (("facekeep.web", Process(**{**usual, **facts})),)


def one_user(keep: Planted) -> None:
    keep.tell(owners={"store": 991, "cache": 991} | dict.fromkeys(_below(keep, "store", "cache"), 991))


def _below(keep: Planted, *tops: str) -> list[str]:
    return [str(one.relative_to(keep.data_dir)) for top in tops for one in (keep.data_dir / top).rglob("*")]


WIDE, SELF = '["10.1.0.0/16", "0.0.0.0/0"]', '["10.1.0.0/16", "169.254.169.254/32"]'
LOG_KEY = "keep.example+" + "0" * 8 + "+" + base64.b64encode(b"\1" + bytes(32)).decode()
PLANTS = (
    Plant("public-bind", setting("http.host", "0.0.0.0"), is_cured=True),
    Plant("no-tls-proxy", setting("http.tls_proxy", ""), is_cured=True),
    Plant("plain-origin", plain_origin, is_cured=True),
    Plant("foreign-origin", setting("sign_in.origins", '["https://faces.example.com"]'), is_cured=True),
    Plant("any-host-name", setting("http.allowed_hosts", '["other.example.org"]'), is_cured=True),
    Plant("public-description", setting("http.describe", "true"), is_cured=True),
    Plant("request-lines", setting("http.request_lines", "true"), is_cured=True),
    Plant("request-limits", setting("http.max_request_bytes", "9000000000"), is_cured=True),
    Plant("open-routes", lambda keep: setattr(keep, "routes", (Route("GET", "/v1/customers", True),))),
    Plant("key-file", seal_method("key_file")),
    Plant("single-passphrase", seal_method("passphrase")),
    Plant("stray-key-file", stray_key, is_cured=True),
    Plant("one-user", one_user),
    Plant("root-process", told(running=process(uid=0))),
    Plant("no-such-server-user", setting("vault.server_user", "nobody-of-this-name")),
    Plant("vault-permissions", mode("vault/vault.db", 0o644), is_cured=True),
    Plant("vault-permissions", mode("vault/log", 0o750), is_cured=True),
    Plant("store-permissions", mode("store/records.sqlite3", 0o660), is_cured=True),
    Plant("store-permissions", mode("cache", 0o755), is_cured=True),
    Plant("secret-permissions", saved_key, is_cured=True),
    Plant("socket-permissions", lambda keep: keep.socket("vault-admin.sock", 0o660), is_cured=True),
    Plant("socket-permissions", lambda keep: keep.socket("vault.sock", 0o666), is_cured=True),
    Plant("socket-permissions", mode("run", 0o777), is_cured=True),
    Plant("data-folder", mode(".", 0o755), is_cured=True),
    Plant("data-folder", mode("keep.toml", 0o664), is_cured=True),
    Plant("foreign-owner", told(owners={"vault/seal.json": FOREIGN})),
    Plant("foreign-owner", told(owners={"keep.toml": FOREIGN})),
    Plant("symlinks", link("store/elsewhere"), is_cured=True),
    Plant("open-parent", told(parent_mode=0o777)),
    Plant("network-folder", told(kind="nfs4")),
    Plant("temporary-folder", told(kind="tmpfs")),
    Plant("temporary-folder", told(at=Path("/tmp/keep"))),
    Plant("disk-nearly-full", told(free=Room(300_000_000, 1_000_000_000_000, 10**6, 10**6))),
    Plant("umask", told(mask=0o000)),
    Plant("core-dumps", told(pattern="|/usr/share/apport/apport %p")),
    Plant("core-dumps", told(pattern="core", running=process(core_limit_bytes=-1))),
    Plant("swap", told(swaps=("/dev/sda2",))),
    Plant("open-files", told(running=process(open_files=256))),
    Plant("clock-unsynchronized", told(synchronized=False)),
    Plant("clock-behind", lambda keep: os.utime(keep.data_dir / "vault/log/checkpoint", (4e9, 4e9))),
    Plant("no-backup", lambda keep: (keep.data_dir / MARK).unlink()),
    Plant("stale-backup", lambda keep: os.utime(keep.data_dir / MARK, (1.7e9, 1.7e9))),
    Plant("canaries-off", setting("canaries.armed", "false"), is_cured=True),
    Plant("canaries-without-files", setting("canaries.files", "false"), is_cured=True),
    Plant("canaries-answer-nothing", setting("canaries.response", "none"), is_cured=True),
    Plant("alarms-untold", setting("alarms.webhook", ""), is_cured=True),
    Plant("alarm-secret", mode("alarm-secret", 0o644), is_cured=True),
    Plant("alarm-secret", lambda keep: (keep.data_dir / "alarm-secret").unlink()),
    Plant("reading-share-wide", setting("signals.reading_share", "1.0"), is_cured=True),
    Plant("coverage-answers-nothing", responses_off, is_cured=True),
    Plant("backup-horizon-long", setting("backup.horizon_hours", "700"), is_cured=True),
    Plant("checkpoint-missing", lambda keep: (keep.data_dir / "vault/log/checkpoint").unlink()),
    Plant("checkpoint-missing", checkpoint_unsigned),
    Plant("checkpoint-foreign", checkpoint_of_another_key),
    Plant("log-counts-acts", setting("log.bucket", "1"), is_cured=True),
    Plant("log-counts-acts", setting("log.interval_s", "0.5"), is_cured=True),
    Plant("no-witness", without_witness),
    Plant("witness-key", witness("https://witness.example.net", LOG_KEY)),
    Plant("witness-without-tls", witness("http://witness.example.net")),
    Plant("witness-here", witness("https://localhost:8471")),
    Plant("store-schema", store_with_a_trigger),
    Plant("model-altered", model_exchanged),
    Plant("photo-limits", setting("faces.max_pixels", "9000000000"), is_cured=True),
    Plant("known-vulnerable", package_with_a_hole),
    Plant("advisories-old", old_advisories),
    Plant("not-as-locked", package_of_another_version),
    Plant("altered-package", package_altered),
    Plant("altered-facekeep", facekeep_altered),
    Plant("altered-facekeep", facekeep_added, is_cured=True),
    Plant("source-folder", from_a_source_folder),
    Plant("secret-in-settings", comment("api key fk_abcdefghij_klmnopqrstuvwxyz234567"), is_cured=True),
    Plant("secret-in-settings", comment("postgresql://facekeep:hunter22@db.example.org/facekeep"), is_cured=True),
    Plant("secret-in-settings", comment("password = correct horse"), is_cured=True),
    Plant("secret-in-environment", told(variables={"FACEKEEP_PASSPHRASE": "correct horse"})),
    Plant("debug-settings", told(variables={"PYTHONDEVMODE": "1"})),
    Plant("debug-settings", told(variables={"FACEKEEP_TRACEBACK": "1"})),
    Plant("debug-settings", told(variables={"NUMBA_DISABLE_JIT": "1"})),
    Plant("foreign-code", told(variables={"LD_PRELOAD": "/tmp/evil.so"})),
    Plant("store-without-tls", object_store),
    Plant("port-in-environment", told(variables={"FACEKEEP_PORT": "9999"})),
    Plant("webhooks-anywhere", setting("webhooks.allow_networks", WIDE), is_cured=True),
    Plant("webhooks-to-self", setting("webhooks.allow_networks", SELF), is_cured=True),
)


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_what_is_planted_is_found_by_its_own_check_alone(planted: Planted, plant: Plant) -> None:
    plant.plant(planted)
    findings = planted.findings()
    assert {one.check for one in findings} == {plant.check}, findings
    for one in findings:
        assert_can_be_run(one.fix)
        assert one.allows
        assert one.docs == f"docs/doctor.md#{plant.check}"
    if plant.is_cured:
        for one in findings:
            run_fix(one.fix)
        assert planted.findings() == ()


def test_the_mark_is_the_one_that_backups_leave() -> None:
    assert make.MARK == MARK


def test_at_least_forty_checks_are_planted() -> None:
    assert len({one.check for one in PLANTS}) >= 40


def test_a_bind_behind_a_declared_proxy_is_less_bad(planted: Planted) -> None:
    planted.set("http.host", "10.0.0.7")
    (found,) = planted.findings()
    assert (found.check, found.severity) == ("public-bind", "warning")
    planted.set("http.tls_proxy", "")
    bad = {one.check: one.severity for one in planted.findings()}
    assert bad["public-bind"] == "blocker"


def test_a_database_far_away_without_tls_is_found(planted: Planted) -> None:
    """By the check alone: nobody here asks that database."""
    from facekeep.service.doctor.schemas import database_without_tls

    sqlite_nowhere(planted)
    (found,) = planted.findings([database_without_tls])
    run_fix(found.fix)
    assert planted.findings([database_without_tls]) == ()


def test_a_secret_that_was_found_is_not_repeated(planted: Planted) -> None:
    comment("AKIAABCDEFGHIJKLMNOP and fk_abcdefghij_klmnopqrstuvwxyz234567")(planted)
    assert "klmnop" not in str(planted.findings())
