"""Aligned faces → templates."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.faces.align import SIDE_PX
from facekeep.faces.registry import EmbedderFile
from facekeep.faces.runtime import giving_back

FACES_AT_ONCE = 8  # more is no faster on a CPU and costs memory


class Embedder:
    """A registered model over one ONNX Runtime session.

    Raises
    ------
    BadInput
        `model_refused`: the graph does not take one (n, 3, 112, 112) input or give (n, dimension).
    """

    def __init__(self, session: onnxruntime.InferenceSession, model: EmbedderFile) -> None:
        self._session = session
        self._model = model
        inputs = session.get_inputs()
        if len(inputs) != 1 or list(inputs[0].shape[1:]) != [3, SIDE_PX, SIDE_PX]:
            raise BadInput(Code.MODEL_REFUSED, f"model {model.name}: expected one input (n, 3, {SIDE_PX}, {SIDE_PX})")
        self._input = inputs[0].name
        self._fixed_batch = inputs[0].shape[0] if isinstance(inputs[0].shape[0], int) else 0
        self._at_once = self._fixed_batch or FACES_AT_ONCE
        got = self._run(np.zeros((self._at_once, 3, SIDE_PX, SIDE_PX), np.float32)).shape
        if got != (self._at_once, model.dimension):
            wanted = (self._at_once, model.dimension)
            raise BadInput(Code.MODEL_REFUSED, f"model {model.name}: expected shape {wanted}, got {got}")

    def rest(self) -> None:
        """Give back the memory of earlier runs, by a run on nothing."""
        self._run(np.zeros((self._fixed_batch or 1, 3, SIDE_PX, SIDE_PX), np.float32), giving_back())

    def embed(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Templates (n, D), float32, unit length, of aligned RGB `faces` (n, 112, 112, 3)."""
        raw = [self._run(self._blob(faces[at : at + self._at_once])) for at in range(0, len(faces), self._at_once)]
        return _unit(np.concatenate([*raw, np.empty((0, self._model.dimension), np.float32)])[: len(faces)])

    def embed_probes(self, faces: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Templates as `embed`, and beside each the probe: the mean with its mirror image's; both (n, D), unit length.

        A face and its mirror image are one person, so what the model says of only one of them is noise.
        """
        plain, mirrored = np.split(self.embed(np.concatenate([faces, faces[:, :, ::-1]])), 2)
        return plain, _unit(plain + mirrored)

    def _blob(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (n, 3, 112, 112) as the model wants it; filled up with zeros where its batch is fixed."""
        ordered = faces if self._model.channels == "rgb" else faces[..., ::-1]
        blob = np.zeros((self._fixed_batch or len(faces), 3, SIDE_PX, SIDE_PX), np.float32)
        blob[: len(faces)] = ordered.transpose(0, 3, 1, 2)
        blob -= np.float32(self._model.mean)
        blob *= np.float32(self._model.scale)
        return blob

    def _run(self, blob: NDArray[np.float32], options: onnxruntime.RunOptions | None = None) -> NDArray[np.float32]:
        return np.asarray(self._session.run(None, {self._input: blob}, options)[0], dtype=np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
