import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from facekeep.faces.repair import repair


def _model(nodes, weights, shape, *, declare_weights=False):
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    if declare_weights:
        inputs += [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in weights.items()
        ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        inputs,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return model.SerializeToString()


def _run(model, x):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize("slopes", [[0.0, 0.25, 1.0], [-0.5, 0.25, 1.7]])
def test_prelu_is_spelled_without_changing_the_function(slopes):
    weights = {"slope": np.array(slopes, np.float32).reshape(3, 1, 1)}
    stored = _model([helper.make_node("PRelu", ["x", "slope"], ["y"])], weights, [1, 3, 4, 4])
    x = np.random.default_rng(1).normal(size=(1, 3, 4, 4)).astype(np.float32)
    new = repair(stored, symbolic_axes={})
    assert "PRelu" not in {node.op_type for node in onnx.load_model_from_string(new).graph.node}
    np.testing.assert_allclose(_run(new, x), _run(stored, x), rtol=1e-6, atol=1e-6)


def test_block_quantized_weights_become_what_the_standard_says():
    rng = np.random.default_rng(2)
    quantized = rng.integers(-128, 128, (2, 6), dtype=np.int8)
    scale, zero = rng.random((2, 2), np.float32), rng.integers(-9, 9, (2, 2), dtype=np.int8)
    weights = {"q": quantized, "s": scale, "z": zero}
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=1, block_size=3),
        helper.make_node("Add", ["x", "w"], ["y"]),
    ]
    stored = _model(nodes, weights, [2, 6])
    new = repair(stored, symbolic_axes={})
    assert [node.op_type for node in onnx.load_model_from_string(new).graph.node] == ["Add"]
    x = rng.random((2, 6), np.float32)
    np.testing.assert_allclose(_run(new, x), _run(stored, x), rtol=1e-6)


def test_a_block_size_that_the_standard_forbids_is_understood():
    weights = {"q": np.array([4, -2, 6], np.int8), "s": np.array([0.5], np.float32), "z": np.array([2], np.int8)}
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=0, block_size=64),
        helper.make_node("Add", ["x", "w"], ["y"]),
    ]
    new = repair(_model(nodes, weights, [3]), symbolic_axes={})
    np.testing.assert_array_equal(_run(new, np.zeros(3, np.float32)), np.array([1, -2, 2], np.float32))


def test_declared_weights_are_no_inputs_and_named_axes_are_free():
    weights = {"w": np.ones((1, 3), np.float32)}
    stored = _model([helper.make_node("Add", ["x", "w"], ["y"])], weights, [1, 3], declare_weights=True)
    new = repair(stored, symbolic_axes={0: "faces"})
    assert [value.name for value in onnx.load_model_from_string(new).graph.input] == ["x"]
    assert _run(new, np.zeros((5, 3), np.float32)).shape == (5, 3)
