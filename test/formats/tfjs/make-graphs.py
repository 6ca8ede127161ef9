"""Makes the graph models of graphs/ and what TensorFlow itself computes with them: python make-graphs.py (TensorFlow 2.21, Keras 3).

Functions and Keras models with random weights and odd shapes are frozen, optimised by Grappler with the passes that tensorflowjs_converter
runs, and written as it writes them: the GraphDef in JSON, the constants in a manifest with one file of weights. The operations that only
the converter makes (_FusedConv2D, FusedDepthwiseConv2dNative, _FusedMatMul, Prelu) are made by the same rewriting of the graph here.
The input is the same formula in Python and TypeScript (run-network.ts), so only outputs are stored.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tensorflow.python.grappler import tf_optimizer
from tensorflow.python.training.saver import export_meta_graph

L = keras.layers
here = pathlib.Path(__file__).parent / "graphs"
random = np.random.default_rng(5)


def weight(*shape):
    return tf.constant(random.uniform(-0.7, 0.7, shape), tf.float32)


def on(*shapes):
    """A function of float tensors of these shapes, with a free batch where the first size is None."""
    return lambda function: (function, [tf.TensorSpec(shape, tf.float32, name=f"x{i}") for i, shape in enumerate(shapes)])


def network(shape, *layers):
    """A Keras model with random weights."""

    def build():
        model = keras.Sequential([keras.Input(shape), *[make() for make in layers]])
        for variable in model.variables:
            if variable.dtype.startswith("float"):
                low, high = (0.5, 1.5) if "variance" in variable.name or "gamma" in variable.name else (-0.6, 0.6)
                variable.assign(random.uniform(low, high, variable.shape))
        return lambda x: model(x, training=False)

    return build(), [tf.TensorSpec([None, *shape], tf.float32, name="x0")]


def of(layer, *args, **kwargs):
    return lambda: layer(*args, **kwargs)


image = (None, 8, 7, 3)
nn, raw = tf.nn, tf.raw_ops

models = {
    "functions": lambda: on((None, 6))(lambda x: [
        f(x) for f in (tf.abs, tf.atan, tf.asinh, tf.cos, tf.cosh, nn.elu, tf.math.erf, tf.exp, tf.math.expm1, nn.leaky_relu, nn.relu, nn.relu6,
                       nn.selu, tf.sigmoid, tf.sin, tf.sinh, tf.math.softplus, tf.square, tf.tanh, tf.negative)]),
    "functions-of-positive": lambda: on((None, 6))(lambda x: [
        f(tf.abs(x) * 0.4 + 0.3) for f in (tf.math.log, tf.math.log1p, tf.sqrt, tf.math.rsqrt, tf.math.reciprocal, tf.acos, tf.asin, tf.atanh,
                                           tf.tan)] + [tf.acosh(tf.abs(x) + 1.5)]),
    "steps": lambda: on((None, 6))(lambda x: [tf.floor(x * 3), tf.math.ceil(x * 3), tf.round(x * 3), tf.sign(x),
                                             tf.clip_by_value(x, -0.5, 0.25)]),
    "arithmetic": lambda: on((None, 4, 5), (None, 4, 5))(lambda a, b: [
        a + b, a - b, a * b, a / (tf.abs(b) + 1), tf.maximum(a, b), tf.minimum(a, b), tf.pow(tf.abs(a) + 1, b), tf.math.squared_difference(a, b),
        tf.add_n([a, b, a]), tf.math.floordiv(a, tf.abs(b) + 0.5), tf.math.floormod(a, tf.abs(b) + 0.5), tf.math.divide_no_nan(a, nn.relu(b))]),
    "broadcasts": lambda: on((None, 4, 5), (None, 1, 5))(lambda a, b: [
        a * weight(5), a + weight(4, 1), b * a, tf.maximum(a, 0.1), nn.bias_add(a, weight(5)), weight(4, 5) - a]),
    "image-broadcasts": lambda: on(image)(lambda x: (lambda y: [
        y * weight(4), y + weight(7, 1), y * nn.sigmoid(tf.reduce_mean(y, [1, 2], keepdims=True)), tf.maximum(y, weight(8, 1, 1))])(
            nn.conv2d(x, weight(3, 3, 3, 4), 1, "SAME"))),
    "comparisons": lambda: on((None, 5), (None, 5))(lambda a, b: [
        tf.where(a > b, a, b), tf.where(a <= b, a * 2, b), tf.where(tf.logical_and(a >= 0.0, b < 0.5), a, 0.0),
        tf.where(tf.logical_or(tf.equal(a, b), tf.logical_not(a > 0)), b, 1.0), tf.cast(tf.not_equal(a, b), tf.float32),
        tf.where(tf.math.is_nan(a), 0.0, a)]),
    "select-rows": lambda: on((None, 3), (None, 3))(lambda a, b: raw.Select(condition=a[:, 0] > 0, x=a, y=b)),
    "matrices": lambda: on((None, 6))(lambda x: [
        tf.matmul(x, weight(6, 4)), tf.matmul(x, weight(5, 6), transpose_b=True), tf.matmul(x, x, transpose_a=True) @ weight(6, 2)]),
    "batched-matrices": lambda: on((None, 3, 4), (None, 5, 4))(lambda a, b: [
        tf.matmul(a, b, transpose_b=True), tf.matmul(a, weight(4, 2)), tf.matmul(weight(2, 3), a), tf.matmul(a, a, transpose_a=True)]),
    "einsum": lambda: on((None, 3, 4))(lambda x: [tf.einsum("bij,jk->bik", x, weight(4, 5)), tf.einsum("bij,kij->bk", x, weight(2, 3, 4)),
                                                 raw.Einsum(inputs=[x, weight(4, 2, 3)], equation="bij,jkl->bikl")]),
    "band-part": lambda: on((None, 4, 5))(lambda x: [tf.linalg.band_part(x, -1, 0), tf.linalg.band_part(x, 0, -1), tf.linalg.band_part(x, 1, 2)]),
    "conv2d": lambda: on(image)(lambda x: [
        nn.conv2d(x, weight(3, 2, 3, 4), (2, 3), "SAME"), nn.conv2d(x, weight(2, 2, 3, 4), 1, "VALID"),
        nn.conv2d(x, weight(4, 4, 3, 2), 2, "SAME"), nn.conv2d(x, weight(3, 3, 3, 2), 1, [[0, 0], [1, 2], [0, 1], [0, 0]]),
        raw.Conv2D(input=x, filter=weight(3, 3, 3, 2), strides=[1, 1, 1, 1], padding="SAME", dilations=[1, 2, 2, 1])]),
    "conv1d": lambda: on((None, 11, 3))(lambda x: [nn.conv1d(x, weight(3, 3, 4), 2, "SAME"), nn.conv1d(x, weight(2, 3, 4), 1, "VALID")]),
    "conv3d": lambda: on((None, 5, 6, 4, 2))(lambda x: nn.conv3d(x, weight(2, 3, 2, 2, 3), [1, 1, 2, 1, 1], "SAME")),
    "conv-free-size": lambda: on((None, None, None, 3))(lambda x: nn.relu(nn.conv2d(x, weight(3, 3, 3, 4), 2, "SAME"))),
    "atrous": lambda: network((9, 8, 3), of(L.Conv2D, 4, 3, padding="same", dilation_rate=2), of(L.ReLU),
                              of(L.DepthwiseConv2D, 3, padding="same", dilation_rate=(2, 2)), of(L.Conv2D, 2, 2, dilation_rate=(2, 2))),
    "space-to-batch": lambda: on((None, 6, 8, 2))(lambda x: [tf.space_to_batch(x, [2, 2], [[0, 0], [1, 1]]),
                                                           tf.batch_to_space(tf.space_to_batch(x, [3, 2], [[1, 2], [0, 0]]), [3, 2], [[1, 2], [0, 0]])]),
    "depthwise": lambda: on(image)(lambda x: [nn.depthwise_conv2d(x, weight(3, 3, 3, 2), [1, 2, 2, 1], "SAME"),
                                             nn.depthwise_conv2d(x, weight(2, 3, 3, 1), [1, 1, 1, 1], "VALID")]),
    "separable": lambda: on(image)(lambda x: nn.separable_conv2d(x, weight(3, 3, 3, 2), weight(1, 1, 6, 4), [1, 1, 1, 1], "SAME")),
    "transposed": lambda: network((4, 5, 3), of(L.Conv2DTranspose, 4, 3, strides=2, padding="same"), of(L.Conv2DTranspose, 2, (4, 2), strides=(2, 3))),
    "transposed-odd": lambda: on((None, 4, 3, 2))(lambda x: nn.conv2d_transpose(x, weight(3, 4, 3, 2), [tf.shape(x)[0], 7, 6, 3], 2, "SAME")),
    "pooling": lambda: on((None, 9, 8, 3))(lambda x: [
        nn.max_pool2d(x, 3, 2, "SAME"), nn.avg_pool2d(x, 3, 2, "SAME"), nn.max_pool2d(x, (2, 3), (1, 2), "VALID"), nn.avg_pool2d(x, 2, 2, "VALID"),
        tf.reduce_mean(x, [1, 2]), tf.reduce_max(x, [1, 2])]),
    "pooling3d": lambda: on((None, 5, 6, 4, 2))(lambda x: [nn.max_pool3d(x, 2, 2, "VALID"), nn.avg_pool3d(x, 2, 2, "SAME")]),
    "batch-norm": lambda: on(image)(lambda x: nn.relu(raw.FusedBatchNormV3(
        x=nn.conv2d(x, weight(2, 2, 3, 4), 1, "VALID"), scale=weight(4) + 1, offset=weight(4), mean=weight(4), variance=weight(4) + 1,
        epsilon=0.002, is_training=False).y)),
    "batch-norm-folded": lambda: network((8, 7, 3), of(L.Conv2D, 4, 3), of(L.BatchNormalization), of(L.ReLU), of(L.Conv2D, 3, 1), of(L.BatchNormalization)),
    "layer-norm": lambda: network((4, 6), of(L.LayerNormalization), of(L.Dense, 5, activation="tanh"), of(L.LayerNormalization, axis=[1, 2])),
    "local-response": lambda: on((None, 4, 5, 9))(lambda x: nn.local_response_normalization(x, 2, 1.5, 0.3, 0.6)),
    "softmax": lambda: on((None, 3, 5))(lambda x: [nn.softmax(x), nn.log_softmax(x * 2)]),
    "reductions": lambda: on((None, 4, 5, 3))(lambda x: [
        tf.reduce_sum(x, 1), tf.reduce_mean(x, [1, 3], keepdims=True), tf.reduce_max(x, -1), tf.reduce_min(x, [2, 3]), tf.reduce_prod(x, 3),
        tf.math.reduce_euclidean_norm(x, 2), tf.cumsum(x, 1), tf.cumsum(x, 2, exclusive=True), tf.cumsum(x, 3, reverse=True),
        tf.cast(tf.reduce_all(x > -0.9, 3), tf.float32), tf.cast(tf.reduce_any(x > 0.9, 1), tf.float32)]),
    "image-reductions": lambda: on(image)(lambda x: (lambda y: [tf.reduce_sum(y, 1), tf.reduce_max(y, 2), tf.reduce_mean(y, 3), tf.reduce_min(y, [1, 3])])(
        nn.conv2d(x, weight(2, 2, 3, 4), 1, "SAME"))),
    "places": lambda: on((None, 7))(lambda x: [tf.cast(tf.argmax(x, 1, tf.int32), tf.float32), tf.cast(tf.argmin(x, -1, tf.int32), tf.float32),
                                             tf.math.top_k(x, 3).values, tf.one_hot(tf.argmax(x, 1, tf.int32), 7, 2.0, -1.0)]),
    "joining": lambda: on((None, 4, 5), (None, 4, 5))(lambda a, b: [tf.concat([a, b, a], 1), tf.concat([a, b], -1), tf.stack([a, b], 1), tf.stack([a, b], -1)]),
    "image-joining": lambda: on(image)(lambda x: tf.concat([nn.conv2d(x, weight(1, 1, 3, 2), 1, "SAME"), x, nn.max_pool2d(x, 3, 1, "SAME")], 3)),
    "splitting": lambda: on((None, 4, 6))(lambda x: [*tf.split(x, 3, -1), *tf.split(x, [1, -1], 1), *tf.unstack(x, axis=1)]),
    "slicing": lambda: on((None, 6, 7, 2))(lambda x: [
        x[:, 1:5:2, ::-1], x[..., 1], x[:, 0, 2:, :], x[:, -1, tf.newaxis], x[:, ::-2, 1:-1], tf.slice(x, [0, 1, 0, 1], [-1, 3, -1, 1]),
        tf.reverse(x, [1, 3])]),
    "image-slicing": lambda: on(image)(lambda x: (lambda y: [y[:, 1:-1, ::2], y[:, :, :, 1:3], tf.reverse(y, [2])])(nn.conv2d(x, weight(2, 2, 3, 4), 1, "SAME"))),
    "gathering": lambda: on((None, 6, 3))(lambda x: [tf.gather(x, [5, 0, 2], axis=1), tf.gather(x, 1, axis=2), tf.gather(x, [[0, 1], [2, 2]], axis=2)]),
    "gather-nd": lambda: on((4, 5))(lambda x: [tf.gather_nd(x, [[0, 1], [3, 2]]), tf.gather_nd(x, [[2], [0]]), tf.scatter_nd([[1], [3], [1], [0]], x, [6, 5]),
                                             tf.tensor_scatter_nd_update(x * 0.5, [[1], [2]], x[:2] * 2)]),
    "reshaping": lambda: on((None, 4, 6))(lambda x: [
        tf.reshape(x, [-1, 24]), tf.reshape(x, [tf.shape(x)[0], 3, 8]), tf.reshape(x, [tf.shape(x)[0], -1, 2]), tf.transpose(x, [0, 2, 1]),
        tf.squeeze(tf.expand_dims(x, 2), [2]), tf.tile(x, [1, 2, 1]), tf.broadcast_to(x[:, :, :1], [tf.shape(x)[0], 4, 3])]),
    "creation": lambda: on((None, 5))(lambda x: [x + tf.range(5, dtype=tf.float32), x * tf.fill([tf.shape(x)[0], 5], 2.5), x + tf.ones_like(x), x - tf.zeros_like(x),
                                               x * raw.LinSpace(start=tf.constant(0.0), stop=1.0, num=5), x * tf.cast(tf.shape(x)[1], tf.float32),
                                               x * tf.cast(tf.size(x[0]), tf.float32), x + tf.cast(tf.rank(x), tf.float32)]),
    "padding": lambda: on((None, 5, 6, 2))(lambda x: [
        tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]), tf.pad(x, [[0, 0], [1, 0], [2, 1], [1, 0]], constant_values=0.5),
        tf.pad(x, [[0, 0], [2, 1], [0, 3], [0, 0]], "REFLECT"), tf.pad(x, [[0, 0], [2, 1], [0, 3], [0, 0]], "SYMMETRIC")]),
    "image-padding": lambda: on(image)(lambda x: (lambda y: nn.conv2d(tf.pad(y, [[0, 0], [0, 1], [0, 1], [0, 0]]), weight(3, 3, 4, 2), 2, "VALID"))(
        nn.relu(nn.conv2d(x, weight(3, 3, 3, 4), 1, "SAME")))),
    "resizing": lambda: on((None, 5, 6, 2))(lambda x: [
        raw.ResizeBilinear(images=x, size=[10, 9], align_corners=True), raw.ResizeBilinear(images=x, size=[3, 12], half_pixel_centers=True),
        raw.ResizeBilinear(images=x, size=[8, 4]), raw.ResizeNearestNeighbor(images=x, size=[10, 9]),
        raw.ResizeNearestNeighbor(images=x, size=[7, 12], half_pixel_centers=True), raw.ResizeNearestNeighbor(images=x, size=[9, 11], align_corners=True)]),
    "depth-and-space": lambda: on((None, 4, 6, 8))(lambda x: tf.nn.depth_to_space(x, 2)),
    "fused-conv": lambda: on(image)(lambda x: [
        act(nn.bias_add(nn.conv2d(x, weight(3, 3, 3, 4), 1, "SAME"), weight(4))) for act in (nn.relu, nn.relu6, nn.elu, tf.sigmoid, nn.leaky_relu, tf.identity)]),
    "fused-depthwise": lambda: on(image)(lambda x: nn.relu6(nn.bias_add(nn.depthwise_conv2d(x, weight(3, 3, 3, 1), [1, 1, 1, 1], "SAME"), weight(3)))),
    "fused-matmul": lambda: on((None, 6))(lambda x: tf.matmul(nn.relu(nn.bias_add(tf.matmul(x, weight(6, 5)), weight(5))), weight(5, 2)) + weight(2)),
    "prelu": lambda: network((5, 6, 2), of(L.Conv2D, 3, 2), of(L.PReLU, shared_axes=[1, 2], alpha_initializer="random_normal"), of(L.Flatten), of(L.PReLU), of(L.Dense, 2)),
    "attention": lambda: network((5, 6), of(L.Dense, 6), lambda: Attention(), of(L.Flatten), of(L.Dense, 2)),
    "unrolled-lstm": lambda: network((4, 3), of(L.LSTM, 3, unroll=True), of(L.Dense, 2)),
    "classifier": lambda: network((9, 9, 1), of(L.Conv2D, 4, 3, activation="relu"), of(L.MaxPooling2D), of(L.DepthwiseConv2D, 2, padding="same"), of(L.BatchNormalization),
                                  of(L.ReLU, max_value=6), of(L.Flatten), of(L.Dense, 8, activation="tanh"), of(L.Dropout, 0.5), of(L.Dense, 3, activation="softmax")),
    "residual": lambda: residual(),
    "mobile": lambda: network((8, 8, 3), of(L.ZeroPadding2D, ((0, 1), (0, 1))), of(L.Conv2D, 4, 3, strides=2, use_bias=False), of(L.BatchNormalization), of(L.ReLU, 6.0),
                              of(L.DepthwiseConv2D, 3, padding="same", use_bias=False), of(L.BatchNormalization), of(L.ReLU, 6.0), of(L.Conv2D, 6, 1, use_bias=False),
                              of(L.BatchNormalization), of(L.GlobalAveragePooling2D, keepdims=True), of(L.Reshape, (6,)), of(L.Dense, 3)),
    "error-function": lambda: on((None, 6))(lambda x: [tf.math.erfc(x), nn.gelu(x, approximate=False), nn.gelu(x, approximate=True)]),
}


class Attention(L.Layer):
    def call(self, x):
        scores = tf.matmul(x, x, transpose_b=True) / np.float32(np.sqrt(6))
        return tf.matmul(nn.softmax(scores), x)


def residual():
    kernels = [weight(3, 3, 3, 4), weight(1, 1, 3, 4), weight(4, 3)]

    def run(x):
        sums = nn.relu(nn.conv2d(x, kernels[0], 1, "SAME")) + nn.conv2d(x, kernels[1], 1, "SAME")
        return tf.matmul(tf.reduce_mean(sums, [1, 2]), kernels[2])

    return run, [tf.TensorSpec(image, tf.float32, name="x0")]


def sample_input(shape, which):
    count = int(np.prod(shape))
    return np.array([np.float32(((i * 37 + 11 + 53 * which) % 101) / 50) - 1 for i in range(count)], np.float32).reshape(shape)


def optimised(frozen):
    """As the converter does: Grappler once for constants and arithmetic, once for what is left."""
    config = config_pb2.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    rewrite.optimizers[:] = ["debug_stripper", "constfold", "arithmetic", "dependency"]
    meta = export_meta_graph(graph_def=frozen.graph.as_graph_def(), graph=frozen.graph)
    kept = meta_graph_pb2.CollectionDef()
    kept.node_list.value.extend(tensor.name for tensor in [*frozen.inputs, *frozen.outputs])
    meta.collection_def["train_op"].CopyFrom(kept)
    return tf_optimizer.OptimizeGraph(config, meta)


def fuse(graph, into):
    """A bias and a function drawn into the convolution or product before them, by the names that the converter gives."""
    nodes = {node.name: node for node in graph.node}
    readers = {}
    for node in graph.node:
        for source in node.input:
            readers.setdefault(source.split(":")[0], []).append(node)
    functions = {"Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu"}
    for node in list(graph.node):
        if node.op not in ("Conv2D", "DepthwiseConv2dNative", "MatMul"):
            continue
        after = readers.get(node.name, [])
        if len(after) != 1 or after[0].op not in ("BiasAdd", "Add", "AddV2") or nodes[after[0].input[1]].op != "Const":
            continue
        last, parts = after[0], [b"BiasAdd"]
        bias = last.input[1]
        beyond = readers.get(last.name, [])
        if len(beyond) == 1 and beyond[0].op in functions:
            last = beyond[0]
            parts.append(last.op.encode())
            if last.op == "LeakyRelu":
                node.attr["leakyrelu_alpha"].f = last.attr["alpha"].f
        node.op = {"Conv2D": "_FusedConv2D", "DepthwiseConv2dNative": "FusedDepthwiseConv2dNative", "MatMul": "_FusedMatMul"}[node.op]
        node.input.append(bias)
        node.attr["fused_ops"].list.s.extend(parts)
        node.attr["num_args"].i = 1
        gone = {after[0].name, last.name}
        node.name = last.name
        for one in [n for n in graph.node if n.name in gone and n is not node]:
            graph.node.remove(one)


def fuse_prelu(graph):
    """relu(x) + a relu(-x) with a = -alpha, as Keras writes PReLU."""
    nodes = {node.name: node for node in graph.node}
    for total in [n for n in graph.node if n.op in ("Add", "AddV2")]:
        plus, product = (nodes.get(source) for source in total.input)
        if plus is None or product is None or plus.op != "Relu" or product.op != "Mul":
            continue
        slopes, minus = (nodes[source] for source in product.input)
        if slopes.op != "Const" or minus.op != "Relu" or nodes[minus.input[0]].op != "Neg":
            continue
        slopes.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(-tf.make_ndarray(slopes.attr["value"].tensor)))
        inner = nodes[minus.input[0]]
        source = plus.input[0]
        total.op = "Prelu"
        total.input[:] = [source, slopes.name]
        for one in (plus, product, minus, inner):
            graph.node.remove(one)


def sort(graph):
    """A node after those that it reads, as Grappler leaves them."""
    nodes, order, done = {n.name: n for n in graph.node}, [], set()

    def visit(node):
        if node.name in done:
            return
        done.add(node.name)
        for source in node.input:
            visit(nodes[source.lstrip("^").split(":")[0]])
        order.append(node)

    for node in list(graph.node):
        visit(node)
    copies = [type(n).FromString(n.SerializeToString()) for n in order]
    del graph.node[:]
    graph.node.extend(copies)


def signed(tensor):
    return {"name": tensor.name, "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": str(-1 if s is None else s)} for s in tensor.shape]}}


def write(name, function, specs):
    concrete = tf.function(function).get_concrete_function(*specs)
    frozen = convert_variables_to_constants_v2(concrete)
    graph = optimised(frozen)
    if name.startswith("fused"):
        fuse(graph, name)
    if name == "prelu":
        fuse_prelu(graph)
    sort(graph)
    weights, data = [], b""
    for node in graph.node:
        for attribute in [key for key in node.attr if key.startswith("_")]:
            del node.attr[attribute]
        if node.op != "Const":
            continue
        numbers = tf.make_ndarray(node.attr["value"].tensor)
        kind = {"f": "float32", "i": "int32", "b": "bool"}[numbers.dtype.kind]
        numbers = numbers.astype({"float32": np.float32, "int32": np.int32, "bool": np.uint8}[kind])
        weights.append({"name": node.name, "shape": list(numbers.shape), "dtype": kind})
        data += numbers.tobytes()
        node.attr["value"].tensor.CopyFrom(type(node.attr["value"].tensor)(dtype=node.attr["value"].tensor.dtype))
    folder = here / name
    folder.mkdir(parents=True, exist_ok=True)
    model = {
        "format": "graph-model", "generatedBy": tf.__version__, "convertedBy": "make-graphs.py",
        "signature": {"inputs": {t.name.split(":")[0]: signed(t) for t in frozen.inputs},
                      "outputs": {f"output_{i}": signed(t) for i, t in enumerate(frozen.outputs)}},
        "modelTopology": {"node": MessageToDict(graph)["node"], "library": {}, "versions": {"producer": graph.versions.producer}},
        "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": weights}],
    }
    (folder / "model.json").write_text(json.dumps(model, separators=(",", ":")))
    (folder / "group1-shard1of1.bin").write_bytes(data)
    # Of free sizes the tests take 9.
    feeds = [sample_input([1 if i == 0 and s is None else 9 if s is None else s for i, s in enumerate(spec.shape)], k) for k, spec in enumerate(specs)]
    outputs = tf.nest.flatten(concrete(*[tf.constant(feed) for feed in feeds]))
    return [[float(f"{value:.7g}") for value in np.asarray(output, np.float32).ravel()] for output in outputs]


if __name__ == "__main__":
    only = sys.argv[1:]
    references = json.loads((here / "references.json").read_text()) if only else {}
    references |= {name: write(name, *make()) for name, make in models.items() if not only or name in only}
    (here / "references.json").write_text(json.dumps(references, separators=(",", ":")))
    print(len(references), "graph models")
