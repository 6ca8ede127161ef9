"""Makes the files of weights in this folder and the norms of their layers: python make-weights.py (TensorFlow and Keras 3).

What is stored is truth from Keras itself: every layer is called on all unit vectors (of images of SIDE pixels along each axis), which gives
the matrix of the map that it is, and NumPy says the norms of that matrix.
"""

import json
import os
import pathlib
import shutil
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format

L = keras.layers
here = pathlib.Path(__file__).parent / "weights"
SIDE = 8


@keras.saving.register_keras_serializable("test")
class Block(L.Layer):
    """Layers in an attribute, in a list, and one that somebody named."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.first = L.Dense(7)
        self.norm = L.LayerNormalization()
        self.rest = [L.Dense(7, name="square"), L.Dense(4, name="last")]

    def call(self, x):
        return self.rest[1](self.rest[0](self.norm(self.first(x))))


@keras.saving.register_keras_serializable("test")
class Net(keras.Model):
    """Every kind of layer that a file of weights can name, in a class whose Python code connects them."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.c1 = L.Conv2D(5, 3, padding="same", name="stem")
        self.c2 = L.Conv2DTranspose(4, (3, 2), padding="same")
        self.c3 = L.DepthwiseConv2D(3, depth_multiplier=2, padding="same")
        self.c4 = L.SeparableConv2D(6, 3, padding="same")
        self.c5 = L.Conv2D(6, 3, padding="same", use_bias=False, name="unsaid")
        self.c6 = L.DepthwiseConv2D(3, padding="same", name="each")
        self.bn = L.BatchNormalization()
        self.block = Block()
        self.head = L.Dense(3, use_bias=False)
        self.sequence = L.Conv1D(4, 3, padding="same")
        self.short = L.Conv1D(3, 2, padding="same", name="conv_named")
        self.mixing = L.EinsumDense("abc,bd->adc", output_shape=(3, 3), name="mixing")
        self.table = L.Embedding(9, 4)
        self.lstm = L.LSTM(4)
        self.attention = L.MultiHeadAttention(2, 3)
        self.normed = L.SpectralNormalization(L.Dense(4))
        self.both = L.Bidirectional(L.GRU(3))
        self.mlp = keras.Sequential([L.Dense(5), L.Dense(2)])
        self.own = self.add_weight(shape=(3, 5), name="own")

    def call(self, x):
        y = self.bn(self.c6(self.c5(self.c4(self.c3(self.c2(self.c1(x)))))))
        y = keras.ops.mean(y, axis=(1, 2))
        y = self.mlp(self.normed(self.head(self.block(y))))
        z = self.short(self.sequence(keras.ops.reshape(y, (-1, 2, 1))))
        z = self.attention(z, z)
        z = self.mixing(z) + keras.ops.sum(self.own)
        return self.both(z) + keras.ops.sum(self.lstm(z)) + keras.ops.sum(self.table(keras.ops.zeros((1, 1), "int32")))


def image_net():
    """One whose order of pixels matters: Keras flattens with channels last."""
    return keras.Sequential([keras.Input((4, 4, 2)), L.Conv2D(3, 3, padding="same", name="conv"), L.ReLU(), L.Flatten(),
                             L.Dense(5, name="hidden"), L.ReLU(), L.Dense(2, name="out")])


def fill(model):
    random = np.random.default_rng(7)
    for variable in model.weights:
        if variable.dtype.startswith("float"):
            value = random.normal(size=variable.shape) / np.sqrt(max(1, np.prod(variable.shape[:-1])))
            variable.assign(0.2 + np.abs(value) if "variance" in variable.path else value)


def of_map(function, shape):
    """The norms of what a function of batches does to differences."""
    count = int(np.prod(shape))
    inputs = np.concatenate([np.zeros((1, count)), np.eye(count)]).reshape(-1, *shape).astype("float32")
    outputs = np.asarray(function(inputs)).reshape(count + 1, -1).astype("float64")
    return of_matrix((outputs[1:] - outputs[0]).T)


def of_matrix(matrix):
    return {"l1": np.abs(matrix).sum(0).max(), "l2": np.linalg.norm(matrix, 2), "linf": np.abs(matrix).sum(1).max()}


def images(layer, channels, axes=2):
    return of_map(layer, (*[SIDE] * axes, channels))


def of_weight(variable, inputs=1):
    """A kernel whose first axes are its inputs."""
    array = np.asarray(variable, dtype="float64")
    return of_matrix(array.reshape(int(np.prod(array.shape[:inputs])), -1).T)


def separable(layer):
    """Its two halves as layers of their own."""
    depthwise, pointwise = L.DepthwiseConv2D(3, padding="same", use_bias=False), L.Conv2D(6, 1, use_bias=False)
    for half, kernel in ((depthwise, layer.depthwise_kernel), (pointwise, layer.pointwise_kernel)):
        half.build((None, SIDE, SIDE, kernel.shape[2]))
        half.kernel.assign(kernel)
    return images(depthwise, depthwise.kernel.shape[2]), images(pointwise, pointwise.kernel.shape[2])


def norms(net):
    """By the names of the tree, and of the list where that one calls them otherwise."""
    forward, backward = net.both.forward_layer.cell, net.both.backward_layer.cell
    depthwise, pointwise = separable(net.c4)
    attention = net.attention
    return {
        "c1 stem": images(net.c1, 3),
        "c2 conv2d_transpose": images(net.c2, 5),
        "c3 depthwise_conv2d": images(net.c3, 4),
        "c4.depthwise separable_conv2d.depthwise": depthwise,
        "c4.pointwise separable_conv2d.pointwise": pointwise,
        "c5 unsaid": images(net.c5, 6),
        "c6 each": images(net.c6, 6),
        "bn batch_normalization": of_map(lambda x: net.bn(x, training=False), (2, 1, 6)),
        "block.first block.dense": of_map(net.block.first, (6,)),
        "block.rest.square block.square": of_map(net.block.rest[0], (7,)),
        "block.rest.last block.last": of_map(net.block.rest[1], (7,)),
        "head dense_1": of_map(net.head, (4,)),
        "sequence conv1d": images(net.sequence, 1, 1),
        "short conv_named": images(net.short, 4, 1),
        "table embedding": of_weight(net.table.embeddings),
        "lstm.cell.kernel lstm.lstm_cell.kernel": of_weight(net.lstm.cell.kernel),
        "lstm.cell.recurrent_kernel lstm.lstm_cell.recurrent_kernel": of_weight(net.lstm.cell.recurrent_kernel),
        "attention.query_dense multi_head_attention.query": of_weight(attention.query_dense.kernel),
        "attention.key_dense multi_head_attention.key": of_weight(attention.key_dense.kernel),
        "attention.value_dense multi_head_attention.value": of_weight(attention.value_dense.kernel),
        "attention.output_dense multi_head_attention.attention_output": of_weight(attention.output_dense.kernel, 2),
        "spectral_normalization.layer spectral_normalization.dense_2": of_map(net.normed.layer, (3,)),
        "both.forward_layer.cell.kernel bidirectional.forward_gru.gru_cell.kernel": of_weight(forward.kernel),
        "both.forward_layer.cell.recurrent_kernel bidirectional.forward_gru.gru_cell.recurrent_kernel": of_weight(forward.recurrent_kernel),
        "both.backward_layer.cell.kernel bidirectional.backward_gru.gru_cell.kernel": of_weight(backward.kernel),
        "both.backward_layer.cell.recurrent_kernel bidirectional.backward_gru.gru_cell.recurrent_kernel": of_weight(backward.recurrent_kernel),
        "sequential.dense_3 sequential.dense_3": of_map(net.mlp.layers[0], (4,)),
        "sequential.dense_4 sequential.dense_4": of_map(net.mlp.layers[1], (5,)),
        "vars.0 own": of_weight(net.own),
    }


def deflate(path):
    """Keras stores without compression."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def write_listed(path, model):
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)


def as_keras_2(path, model):
    """The same list with the names of Keras 2: ":0" behind each, and depthwise_kernel."""
    write_listed(path, model)
    with h5py.File(path, "a") as file:
        for layer in file.attrs["layer_names"]:
            names = [name.decode() if isinstance(name, bytes) else name for name in file[layer].attrs["weight_names"]]
            renamed = [f"{name.replace('each/kernel', 'each/depthwise_kernel')}:0" for name in names]
            for old, new in zip(names, renamed):
                file[layer].move(old, new)
            file[layer].attrs["weight_names"] = np.array([name.encode() for name in renamed])
        file.attrs["keras_version"] = "2.11.0"


shutil.rmtree(here, ignore_errors=True)
here.mkdir()
keras.utils.clear_session()
net = Net()
net.compile("adam", "mse")
x = np.random.default_rng(1).normal(size=(2, SIDE, SIDE, 3)).astype("float32")
net.fit(x, np.zeros((2, 6), dtype="float32"), verbose=0)
fill(net)
net.save(here / "class.keras")
deflate(here / "class.keras")
net.save_weights(here / "class.weights.h5")
write_listed(here / "class.h5", net)
as_keras_2(here / "class-keras2.h5", net)

small = image_net()
fill(small)
small.save_weights(here / "image.weights.h5")
# Of a size at which one layer has its kernel in a part and its bias in the next.
small.save_weights(here / "parts.weights.json", max_shard_size=1195 / 2**30)
small.save(here / "image.keras")
deflate(here / "image.keras")
reference = {"norms": norms(net), "outputs": np.asarray(small(((np.arange(32) * 37 + 11) % 101 / 50 - 1).reshape(1, 4, 4, 2).astype("float32"))).ravel().tolist()}
(here / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")
print(sum(path.stat().st_size for path in here.iterdir()), "bytes")
