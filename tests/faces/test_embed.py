import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from facekeep.errors import BadInput, Code
from facekeep.faces.embed import Embedder
from facekeep.faces.registry import EmbedderFile
from facekeep.faces.runtime import session

WEIGHTS = np.random.default_rng(5).normal(size=(3, 512)).astype(np.float32)


def _session(batch="n"):
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["face", "axes"], ["means"], keepdims=0),
            helper.make_node("MatMul", ["means", "weights"], ["template"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, [batch, 3, 112, 112])],
        [helper.make_tensor_value_info("template", TensorProto.FLOAT, [batch, 512])],
        [numpy_helper.from_array(np.array([2, 3]), "axes"), numpy_helper.from_array(WEIGHTS, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return session(model.SerializeToString(), threads=1)


def _model(**changes):
    given = {"name": "tiny", "file": "t.onnx", "sha256": "0" * 64, "license": "CC0-1.0", "dimension": 512}
    return EmbedderFile(**(given | changes))


def _faces(count):
    return np.random.default_rng(6).integers(0, 256, (count, 112, 112, 3), dtype=np.uint8)


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_any_batch_gives_the_same_unit_templates(batch):
    faces = _faces(11)
    got = Embedder(_session(batch), _model()).embed(faces)
    means = (faces.reshape(11, -1, 3).astype(np.float64).mean(axis=1) - 127.5) / 127.5
    expected = means @ WEIGHTS
    np.testing.assert_allclose(got, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-4)
    assert got.dtype == np.float32


def test_channel_order_follows_the_manifest():
    faces = _faces(2)
    swapped = Embedder(_session(), _model(channels="bgr")).embed(np.ascontiguousarray(faces[..., ::-1]))
    np.testing.assert_array_equal(swapped, Embedder(_session(), _model()).embed(faces))


def test_a_model_of_another_dimension_is_refused():
    with pytest.raises(BadInput, match="expected shape") as refusal:
        Embedder(_session(), _model(dimension=128))
    assert refusal.value.code == Code.MODEL_REFUSED


def test_no_faces_give_no_templates():
    assert Embedder(_session(), _model()).embed(_faces(0)).shape == (0, 512)
