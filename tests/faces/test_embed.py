import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from facekeep.errors import BadInput, Code
from facekeep.faces.embed import Embedder
from facekeep.faces.registry import EmbedderFile
from facekeep.faces.runtime import session

WEIGHTS = np.random.default_rng(5).normal(size=(3, 512)).astype(np.float32)


def _session(batch="n", *, left_only=False):
    """A model whose template is made of the means of the channels, or of those of the left half alone."""
    seen = np.ones(112, np.float32) if not left_only else np.repeat(np.float32([1, 0]), 56)
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["face", "seen"], ["part"]),
            helper.make_node("ReduceMean", ["part", "axes"], ["means"], keepdims=0),
            helper.make_node("MatMul", ["means", "weights"], ["template"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, [batch, 3, 112, 112])],
        [helper.make_tensor_value_info("template", TensorProto.FLOAT, [batch, 512])],
        [
            numpy_helper.from_array(np.array([2, 3]), "axes"),
            numpy_helper.from_array(WEIGHTS, "weights"),
            numpy_helper.from_array(seen, "seen"),
        ],
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
    assert [each.shape for each in Embedder(_session(), _model()).embed_probes(_faces(0))] == [(0, 512)] * 2


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_a_probe_is_the_mean_of_a_face_and_its_mirror_image(batch):
    faces = _faces(5)
    embedder = Embedder(_session(batch, left_only=True), _model())
    templates, probes = embedder.embed_probes(faces)
    mirrored = embedder.embed(np.ascontiguousarray(faces[:, :, ::-1]))
    np.testing.assert_allclose(templates, embedder.embed(faces), atol=1e-6)
    assert (templates * mirrored).sum(axis=1).max() < 0.99
    expected = (templates + mirrored) / np.linalg.norm(templates + mirrored, axis=1, keepdims=True)
    np.testing.assert_allclose(probes, expected, atol=1e-6)
    assert probes.dtype == np.float32


def test_a_face_and_its_mirror_image_make_the_same_probe():
    faces = _faces(3)
    embedder = Embedder(_session(left_only=True), _model())
    np.testing.assert_allclose(embedder.embed_probes(faces)[1], embedder.embed_probes(faces[:, :, ::-1])[1], atol=1e-6)
