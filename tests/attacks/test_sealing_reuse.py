"""A (secret, slot) pair is sealed once, whatever happens to the vault: kill -9, snapshot, restore, re-sealing."""

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vault_driver import EVALUATION, running_vault, unit

from facekeep.sealed.format import parse_block


def _columns(block: bytes) -> NDArray[np.int16]:
    return parse_block(block)[1]


def _difference_attack(first: bytes, second: bytes, wanted: NDArray[np.float32]) -> float:
    """Cosine between the difference of two stored columns and the difference of the templates in them.

    Under one secret the pads cancel and this is 0.998; under fresh secrets it is that of random vectors.
    """
    lost = _columns(first)[:, 0].astype(np.int32) - _columns(second)[:, 0].astype(np.int32)
    centered = ((lost + 32_768) % 65_536 - 32_768).astype(np.float64)
    return float(centered @ wanted / np.linalg.norm(centered) / np.linalg.norm(wanted))


def test_the_difference_attack_works_where_a_pad_is_reused() -> None:
    """The control: without it the tests below could not fail."""
    from facekeep.sealed.format import BlockHeader, pack_block
    from facekeep.sealed.ring import PublicPolynomials
    from facekeep.sealed.secret import seal_block
    from facekeep.terms import BlockId

    public = PublicPolynomials.expand(b"p" * 32, "col", 128)
    header = BlockHeader(BlockId("blk"), 0, 128, 1, "m", "rlwe-2048-32-v1")
    first, second = (
        pack_block(header, seal_block(unit(name).reshape(1, -1), public, b"s" * 32, error))
        for name, error in (("a", b"e" * 32), ("b", b"f" * 32))
    )
    assert _difference_attack(first, second, unit("a") - unit("b")) > 0.99


def test_two_sealings_of_the_same_faces_share_no_bytes(tmp_path: Path) -> None:
    with running_vault(tmp_path) as vault:
        collection = vault.collection("same", EVALUATION)
        people = {f"p{i}": [unit(f"p{i}")] for i in range(200)}
        places = vault.enroll(collection, people | {"extra": [unit("extra")]})
        (before,) = vault.blocks.values()
        vault.forget(places[-1].face_id)
        (after,) = vault.blocks.values()
        same = np.mean(_columns(before)[:, :200] == _columns(after))
        assert same < 10 / 65_536


def test_no_secret_is_used_again_after_a_kill(tmp_path: Path) -> None:
    with running_vault(tmp_path) as vault:
        collection = vault.collection("killed", EVALUATION)
        first = vault.seal(collection, {"a": [unit("a")]})  # leaves the vault, then the vault dies
        vault.kill()
        vault.restart()
        second = vault.seal(collection, {"b": [unit("b")]})
        assert abs(_difference_attack(first.block_bytes, second.block_bytes, unit("a") - unit("b"))) < 0.5


def test_no_secret_is_used_again_after_a_restore_from_a_snapshot(tmp_path: Path) -> None:
    with running_vault(tmp_path) as vault:
        collection = vault.collection("restored", EVALUATION)
        vault.enroll(collection, {"z": [unit("z")]})
        vault.stop()
        shutil.copytree(vault.data / "vault", tmp_path / "snapshot")
        vault.restart()
        first = vault.seal(collection, {"a": [unit("a")]})
        vault.kill()
        shutil.rmtree(vault.data / "vault")
        shutil.copytree(tmp_path / "snapshot", vault.data / "vault")
        vault.restart()
        second = vault.seal(collection, {"b": [unit("b")]})
        assert abs(_difference_attack(first.block_bytes, second.block_bytes, unit("a") - unit("b"))) < 0.5


def test_a_resealed_block_does_not_cancel_against_its_old_copy(tmp_path: Path) -> None:
    with running_vault(tmp_path) as vault:
        collection = vault.collection("old copy", EVALUATION)
        places = vault.enroll(collection, {"victim": [unit("victim")], "other": [unit("other")]})
        (old,) = vault.blocks.values()
        vault.forget(places[0].face_id)  # slot 0 is the other one's now
        (new,) = vault.blocks.values()
        assert abs(_difference_attack(old, new, unit("victim") - unit("other"))) < 0.5


def test_the_secret_of_a_forgotten_block_is_gone_from_the_vault(tmp_path: Path) -> None:
    from facekeep.vault import seal
    from facekeep.vault.database import Database
    from facekeep.vault.keys import derive

    with running_vault(tmp_path) as vault:
        collection = vault.collection("gone", EVALUATION)
        places = vault.enroll(collection, {"a": [unit("a")], "b": [unit("b")]})
        (old,) = vault.blocks
        vault.forget(places[0].face_id)
        (new,) = vault.blocks
    sealed = seal.read(vault.data / "vault")
    assert sealed is not None
    root = seal.open_root(sealed, str(vault.key_file))
    database = Database(vault.data / "vault" / "vault.db", derive(root, "database"))
    assert [row[0] for row in database.rows("SELECT block_id FROM blocks")] == [new]
    assert old not in [row[0] for row in database.rows("SELECT id FROM garbage")]
    lost = {places[0].face_cell, places[0].template_cell, places[0].crop_cell}
    assert not lost & {row[0] for row in database.rows("SELECT cell_id FROM cell_keys")}
    database.close()


