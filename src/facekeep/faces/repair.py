"""Stored model bytes → a graph that ONNX Runtime runs, and runs fast. Called only with bytes whose hash was checked.

The block-quantized models of OpenCV Zoo do not run in ONNX Runtime as they are stored: weights are declared as graph
inputs, biases carry a `block_size` that the standard forbids on one axis, and shapes are frozen. The repair computes
the same function: weights are expanded to float32, shapes become symbolic, PRelu is spelled in operators that ONNX
Runtime keeps in its blocked layout.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Weights = dict[str, NDArray[np.generic]]


def repair(stored: bytes, *, symbolic_axes: dict[int, str]) -> bytes:
    """The runnable form of a model.

    Parameters
    ----------
    stored : bytes
        The model file; its hash MUST have been checked.
    symbolic_axes : dict of int to str
        Axes of the input (and batch of the outputs) that may vary, with a name each; empty leaves shapes alone.
    """
    model = onnx.load_model_from_string(stored)
    graph = model.graph
    weights: Weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = list(_with_spelled_prelu(list(_with_expanded_weights(graph.node, weights)), weights))
    read = {name for node in nodes for name in node.input}
    inputs = [value for value in graph.input if value.name in read and value.name not in weights]
    for value in [*inputs, *graph.output]:
        _free_axes(value, symbolic_axes, all_axes=value in graph.output and len(symbolic_axes) > 1)
    kept = [numpy_helper.from_array(np.ascontiguousarray(weights[name]), name) for name in weights if name in read]
    whole = helper.make_graph(nodes, graph.name or "model", inputs, list(graph.output), kept)
    repaired_model = helper.make_model(whole, opset_imports=model.opset_import, ir_version=model.ir_version)
    return bytes(repaired_model.SerializeToString())


def _with_expanded_weights(nodes: list[onnx.NodeProto], weights: Weights) -> Iterator[onnx.NodeProto]:
    """The nodes without the dequantization of constants, whose results become float32 `weights`."""
    for node in nodes:
        if node.op_type == "DequantizeLinear" and node.input[0] in weights:
            weights[node.output[0]] = _dequantized(node, weights)
        elif node.op_type == "Reshape" and node.input[0] in weights and node.input[1] in weights:
            weights[node.output[0]] = weights[node.input[0]].reshape(weights[node.input[1]].astype(np.int64))
        else:
            yield node


def _dequantized(node: onnx.NodeProto, weights: Weights) -> NDArray[np.float32]:
    """``(q - zero_point) * scale`` with scale and zero point repeated over blocks. Source: ONNX DequantizeLinear-21.

    One-dimensional biases carry `block_size` too, which the standard does not allow; the meaning is the same.
    """
    quantized = weights[node.input[0]].astype(np.float32)
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    scale, zero = (_repeated(weights[name], block, axis, quantized.shape) for name in node.input[1:3])
    return np.asarray((quantized - zero) * scale, dtype=np.float32)


def _repeated(values: NDArray[np.generic], block: int, axis: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    as_float = values.astype(np.float32)
    if block:
        return np.repeat(as_float, block, axis=axis).take(range(shape[axis]), axis=axis)
    return as_float.reshape([-1 if place == axis and as_float.ndim else 1 for place in range(len(shape))])


def _with_spelled_prelu(nodes: list[onnx.NodeProto], weights: Weights) -> Iterator[onnx.NodeProto]:
    """The nodes with PRelu as ``a*x + relu((1-a)*x)`` where every a <= 1, else as ``a*x + (1-a)*relu(x)``.

    ONNX Runtime turns each product into a per-channel convolution of its blocked layout and joins the Relu of the first
    form to it; PRelu itself would force the layout back and costs more than all convolutions around it.
    """
    for node in nodes:
        if node.op_type == "PRelu" and node.input[1] in weights:
            yield from _spelled_prelu(node, weights)
        else:
            yield node


def _spelled_prelu(node: onnx.NodeProto, weights: Weights) -> list[onnx.NodeProto]:
    x, slope_name = node.input
    y = node.output[0]
    slope = weights[slope_name].astype(np.float32)
    if slope.ndim == 1 and slope.size > 1:
        slope = slope.reshape(-1, 1, 1)
    weights[f"{y}/a"], weights[f"{y}/b"] = slope, np.asarray(1 - slope, dtype=np.float32)
    inner, outer = ("Mul", "Relu") if bool((slope <= 1).all()) else ("Relu", "Mul")
    return [
        _make(inner, x, f"{y}/b", f"{y}/inner"),
        _make(outer, f"{y}/inner", f"{y}/b", f"{y}/bend"),
        _make("Mul", x, f"{y}/a", f"{y}/line"),
        _make("Add", f"{y}/line", f"{y}/bend", y),
    ]


def _make(operator: str, first: str, second: str, result: str) -> onnx.NodeProto:
    """One node; Relu takes only `first`."""
    return helper.make_node(operator, [first] if operator == "Relu" else [first, second], [result], name=result)


def _free_axes(value: onnx.ValueInfoProto, symbolic_axes: dict[int, str], *, all_axes: bool) -> None:
    """Give the named axes of `value` a symbol instead of a number, or every axis."""
    for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
        if axis in symbolic_axes:
            dimension.dim_param = symbolic_axes[axis]
        elif all_axes:
            dimension.dim_param = f"{value.name}_{axis}"
