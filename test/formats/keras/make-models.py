"""Makes the models of this folder and what Keras itself computes with them: python make-models.py (TensorFlow and Keras 3).

Every layer with a fixed map, with random weights and odd shapes, and small networks composed of them. The input is the same formula in
Python and TypeScript (networks.ts), so only outputs are stored.
"""

import json
import os
import pathlib
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np

L = keras.layers
here = pathlib.Path(__file__).parent / "models"


def sequential(shape, *layers):
    return lambda: keras.Sequential([keras.Input(shape), *[make() for make in layers]])


def functional(*shapes):
    """The function from inputs to outputs as a model."""

    def decorate(build):
        def make():
            inputs = [keras.Input(shape) for shape in shapes]
            return keras.Model(inputs if len(inputs) > 1 else inputs[0], build(*inputs))

        return make

    return decorate


def of(layer, *args, **kwargs):
    return lambda: layer(*args, **kwargs)


activations = ["relu", "relu6", "leaky_relu", "elu", "celu", "selu", "sigmoid", "tanh", "softplus", "softsign", "silu", "gelu", "mish", "exponential",
               "hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus",
               "sparse_plus", "sparse_sigmoid", "softmax", "log_softmax", "glu", "linear"]


@functional((6,))
def every_activation(x):
    dense = L.Dense(6, name="dense")(x)
    return [L.Activation(name, name=name)(dense) for name in activations]


def shared_in_nested(x):
    """Of a layer that stands in an inner model as well, the file has the weights only there."""
    shared = L.Dense(4, activation="tanh")
    a = keras.Input((4,))
    inner = keras.Model(a, shared(shared(a)))
    return [shared(x), inner(L.Dense(4)(x))]


models = {
    "activations": every_activation,
    "activation-layers": functional((5, 4))(lambda x: L.Concatenate()([
        L.ReLU()(x), L.ReLU(max_value=0.5, name="limited")(x), L.ReLU(negative_slope=0.1, name="bent")(x), L.LeakyReLU()(x),
        L.LeakyReLU(negative_slope=0.2)(x), L.PReLU(name="slopes")(x), L.ELU(alpha=0.7)(x), L.Softmax()(x), L.Softmax(axis=1)(x),
    ])),
    "dense": sequential((7,), of(L.Dense, 5, activation="relu"), of(L.Dense, 3, use_bias=False), of(L.Dense, 2, activation="softmax")),
    "dense-rows": sequential((4, 3, 5), of(L.Dense, 6, activation="tanh"), of(L.Flatten), of(L.Dense, 2)),
    "einsum-dense": sequential((4, 6), of(L.EinsumDense, "abc,cde->abde", output_shape=(None, 3, 2), bias_axes="de", activation="relu"),
                               of(L.EinsumDense, "...x,xy->...y", output_shape=5, bias_axes="y")),
    "embedding": sequential((6,), of(L.Embedding, 11, 4), of(L.Conv1D, 3, 2), of(L.GlobalMaxPooling1D)),
    "conv1d": sequential((13, 3), of(L.Conv1D, 5, 3, strides=2, padding="same", activation="relu"), of(L.Conv1D, 4, 2, dilation_rate=2),
                         of(L.Conv1D, 2, 3, padding="causal")),
    "conv2d": sequential((9, 8, 3), of(L.Conv2D, 4, (3, 2), strides=(2, 3), padding="same", activation="relu"), of(L.Conv2D, 2, 2, use_bias=False)),
    "conv2d-even": sequential((7, 10, 2), of(L.Conv2D, 3, 4, strides=2, padding="same"), of(L.Conv2D, 3, (1, 4), padding="same")),
    "conv2d-groups": sequential((6, 5, 4), of(L.Conv2D, 6, 3, groups=2, padding="same"), of(L.Conv2D, 2, 2, dilation_rate=2)),
    "conv3d": sequential((5, 6, 4, 2), of(L.Conv3D, 3, (2, 3, 2), strides=(1, 2, 1), padding="same", activation="elu"), of(L.Conv3D, 2, 2)),
    "depthwise1d": sequential((9, 3), of(L.DepthwiseConv1D, 3, depth_multiplier=2, strides=2, padding="same")),
    "depthwise2d": sequential((8, 7, 3), of(L.DepthwiseConv2D, 3, depth_multiplier=2, strides=2, padding="same", activation="relu"),
                              of(L.DepthwiseConv2D, 2, use_bias=False)),
    "separable": sequential((8, 7, 3), of(L.SeparableConv2D, 5, 3, depth_multiplier=2, padding="same", strides=2, activation="relu"),
                            of(L.Reshape, (4, -1)), of(L.SeparableConv1D, 4, 3, padding="same")),
    "transposed1d": sequential((5, 3), of(L.Conv1DTranspose, 4, 3, strides=2, padding="same"), of(L.Conv1DTranspose, 2, 2, strides=3)),
    "transposed2d": sequential((4, 5, 3), of(L.Conv2DTranspose, 4, 3, strides=2, padding="same", activation="relu"),
                               of(L.Conv2DTranspose, 3, (4, 2), strides=(2, 3)), of(L.Conv2DTranspose, 2, 3, padding="same")),
    "transposed-further": sequential((4, 3, 2), of(L.Conv2DTranspose, 3, 3, strides=2, padding="same", output_padding=1),
                                     of(L.Conv2DTranspose, 2, 4, strides=2, output_padding=1)),
    "transposed3d": sequential((3, 2, 4, 2), of(L.Conv3DTranspose, 3, 2, strides=2, padding="same"), of(L.Conv3DTranspose, 2, 2)),
    "pooling1d": functional((11, 3))(lambda x: [L.MaxPooling1D(3, strides=2, padding="same")(x), L.AveragePooling1D(2, padding="same")(x),
                                                L.GlobalAveragePooling1D()(x), L.GlobalMaxPooling1D(keepdims=True)(x)]),
    "pooling2d": functional((9, 8, 3))(lambda x: [L.MaxPooling2D((3, 2), padding="same")(x), L.AveragePooling2D(3, strides=2, padding="same")(x),
                                                  L.AveragePooling2D((2, 3))(x), L.GlobalAveragePooling2D(keepdims=True)(x), L.GlobalMaxPooling2D()(x)]),
    "pooling3d": functional((5, 6, 4, 2))(lambda x: [L.MaxPooling3D(2)(x), L.AveragePooling3D((2, 3, 2), padding="same")(x),
                                                     L.GlobalAveragePooling3D()(x)]),
    "adaptive-pooling": functional((6, 9, 2))(lambda x: [L.AdaptiveAveragePooling2D((3, 3))(x), L.AdaptiveMaxPooling2D((2, 3))(x)]),
    "pooling-first": functional((3, 9, 8))(lambda x: [L.GlobalAveragePooling2D(data_format="channels_first")(x),
                                                      L.ZeroPadding2D(1, data_format="channels_first")(x),
                                                      L.BatchNormalization(axis=1)(x), L.Flatten(data_format="channels_first")(x)]),
    "batch-norm": sequential((5, 4, 3), of(L.Conv2D, 4, 2), of(L.BatchNormalization), of(L.ReLU), of(L.BatchNormalization, scale=False, center=False),
                             of(L.Flatten), of(L.Dense, 3), of(L.BatchNormalization, center=False)),
    "layer-norm": functional((4, 6))(lambda x: [L.LayerNormalization()(x), L.LayerNormalization(axis=[1, 2])(x), L.LayerNormalization(scale=False)(x)]),
    "group-norm": functional((4, 5, 6))(lambda x: [L.GroupNormalization(3)(x), L.GroupNormalization(-1)(x), L.GroupNormalization(1, scale=False)(x)]),
    "other-norms": functional((4, 6))(lambda x: [L.RMSNormalization()(x), L.UnitNormalization()(x), L.UnitNormalization(axis=1)(x)]),
    "spectral-norm": sequential((6, 5, 2), of(L.SpectralNormalization, L.Conv2D(3, 2)), of(L.Flatten), of(L.SpectralNormalization, L.Dense(4))),
    "preprocessing": functional((6, 8, 3))(lambda x: [
        L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(x), L.Rescaling(1 / 127.5, offset=-1)(x), L.Resizing(9, 5)(x),
        L.CenterCrop(3, 5)(x), L.RandomFlip()(x)]),
    "merging": functional((4, 5), (4, 5))(lambda a, b: [
        L.Add()([a, b, a]), L.Subtract()([a, b]), L.Multiply()([a, b]), L.Average()([a, b, b]), L.Maximum()([a, b]), L.Minimum()([a, b]),
        L.Concatenate(axis=1)([a, b]), L.Dot(axes=2)([a, b]), L.Dot(axes=(1, 1), normalize=True)([a, b])]),
    "merging-broadcast": functional((4, 5), (5,))(lambda a, b: [L.Add()([a, b]), L.Multiply()([a, b])]),
    "dot-vectors": functional((5,), (5,))(lambda a, b: L.Dot(axes=1)([a, b])),
    "reshaping": functional((4, 6))(lambda x: [L.Reshape((3, -1, 2))(x), L.Permute((2, 1))(x), L.Flatten()(x), L.RepeatVector(3)(L.Flatten()(x))]),
    "padding": functional((5, 6, 2))(lambda x: [L.ZeroPadding2D(((1, 2), (0, 3)))(x), L.Cropping2D(((1, 0), (2, 1)))(x), L.UpSampling2D((2, 3))(x),
                                                L.UpSampling2D((2, 3), interpolation="bilinear")(x)]),
    "padding1d": functional((7, 3))(lambda x: [L.ZeroPadding1D((1, 2))(x), L.Cropping1D((2, 1))(x), L.UpSampling1D(3)(x)]),
    "padding3d": functional((4, 3, 5, 2))(lambda x: [L.ZeroPadding3D(1)(x), L.Cropping3D(((1, 0), (0, 1), (2, 1)))(x), L.UpSampling3D((1, 2, 2))(x)]),
    "attention": functional((5, 4), (6, 4))(lambda q, v: [
        L.Attention()([q, v]), L.Attention(use_scale=True)([q, v]), L.Attention(use_scale=True, score_mode="concat")([q, v]),
        L.AdditiveAttention()([q, v]), L.AdditiveAttention(use_scale=False)([q, v])]),
    "causal-attention": functional((5, 4))(lambda x: [L.Attention()([x, x], use_causal_mask=True),
                                                      L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)]),
    "multi-head": functional((5, 6), (4, 7))(lambda q, v: L.MultiHeadAttention(3, 2, value_dim=4, output_shape=5)(q, v)),
    "grouped-query": functional((5, 6))(lambda x: L.GroupQueryAttention(3, 4, 2)(x, x)),
    "simple-rnn": functional((6, 4))(lambda x: [L.SimpleRNN(3)(x), L.SimpleRNN(3, return_sequences=True, go_backwards=True, activation="relu")(x)]),
    "lstm": functional((6, 4))(lambda x: [L.LSTM(3)(x), L.LSTM(2, return_sequences=True, use_bias=False)(x), *L.LSTM(3, return_state=True)(x)]),
    "gru": functional((6, 4))(lambda x: [L.GRU(3)(x), L.GRU(3, reset_after=False, return_sequences=True)(x), L.GRU(2, go_backwards=True)(x)]),
    "recurrent-activations": functional((5, 3))(lambda x: [
        L.LSTM(3, recurrent_activation="hard_sigmoid")(x), L.GRU(3, activation="elu", return_sequences=True)(x),
        L.GRU(3, activation="silu", reset_after=False)(x), L.SimpleRNN(2, activation="gelu", return_sequences=True)(x)]),
    "stacked-cells": functional((5, 3))(lambda x: L.RNN([L.LSTMCell(4), L.GRUCell(3), L.SimpleRNNCell(2)], return_sequences=True)(x)),
    "conv-lstm": functional((3, 6, 5, 2))(lambda x: [L.ConvLSTM2D(2, 3, padding="same", return_sequences=True)(x), L.ConvLSTM2D(2, 2, strides=2)(x)]),
    "conv-lstm1d": functional((3, 7, 2))(lambda x: L.ConvLSTM1D(3, 3, padding="same", recurrent_activation="sigmoid")(x)),
    "bidirectional": functional((6, 4))(lambda x: [
        L.Bidirectional(L.LSTM(3))(x), L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="sum")(x),
        L.Bidirectional(L.SimpleRNN(3, return_sequences=True), merge_mode="concat")(x), L.Bidirectional(L.LSTM(2), merge_mode="ave")(x)]),
    "time-distributed": functional((4, 6, 5, 2))(lambda x: L.TimeDistributed(L.Dense(3))(L.TimeDistributed(L.Flatten())(
        L.TimeDistributed(L.Conv2D(3, 2, activation="relu"))(x)))),
    "training-only": sequential((6,), of(L.Dense, 5), of(L.Dropout, 0.5), of(L.GaussianNoise, 0.1), of(L.ActivityRegularization, 0.1), of(L.AlphaDropout, 0.2)),
    "resizing-nearest": functional((6, 5, 2))(lambda x: L.Resizing(9, 4, interpolation="nearest")(x)),
    "shared-in-nested": functional((4,))(lambda x: shared_in_nested(x)),
    "attention-masks": functional((5, 4), (5, 5), (5,))(lambda x, seen, steps: [
        L.MultiHeadAttention(2, 3)(x, x, attention_mask=L.ReLU()(seen)), L.MultiHeadAttention(2, 3)(x, x, value_mask=L.ReLU()(steps), use_causal_mask=True),
        L.MultiHeadAttention(2, 3)(x, x, attention_mask=np.abs(np.subtract.outer(np.arange(5), np.arange(5))) % 3 < 2),
        L.MultiHeadAttention(2, 3, sliding_window=2, use_gate=True)(x, x), L.GroupQueryAttention(3, 4, 2)(x, x, attention_mask=L.ReLU()(seen))]),
    "attention-images": functional((3, 4, 6), (2, 3, 6))(lambda x, y: [
        L.MultiHeadAttention(2, 3)(x, x), *L.MultiHeadAttention(3, 2, attention_axes=(1, 2), value_dim=4)(x, y, return_attention_scores=True)]),
    "up-sampling-smooth": functional((5, 4, 2))(lambda x: [
        L.UpSampling2D((2, 3), interpolation=way)(x) for way in ("bicubic", "lanczos3", "lanczos5")]),
    "resizing-smooth": functional((6, 7, 1))(lambda x: [
        L.Resizing(9, 4, interpolation=way, antialias=smooth)(x) for way, smooth in
        (("bicubic", False), ("bicubic", True), ("lanczos3", False), ("lanczos5", True), ("bilinear", True), ("nearest", True))]),
    "resizing-ratio": functional((6, 9, 1))(lambda x: [
        L.Resizing(5, 5, crop_to_aspect_ratio=True)(x), L.Resizing(7, 4, pad_to_aspect_ratio=True, fill_value=0.5)(x),
        L.Resizing(3, 8, interpolation="bicubic", pad_to_aspect_ratio=True)(x), L.Resizing(2, 7, interpolation="nearest", crop_to_aspect_ratio=True)(x)]),
    "norm-axes": functional((3, 4, 2))(lambda x: [
        L.LayerNormalization(axis=1)(x), L.LayerNormalization(axis=(3, 1))(x), L.LayerNormalization(axis=(1, 2), scale=False)(x),
        L.BatchNormalization(axis=1)(x), L.BatchNormalization(axis=2)(x)]),
    "relu-thresholds": functional((5, 4))(lambda x: [
        L.ReLU(0.7, 0.3, 0.2)(x), L.ReLU(negative_slope=0.5, threshold=0.4)(x), L.ReLU(max_value=0.6, threshold=0.5)(x), L.ReLU(threshold=0.3)(x),
        L.ReLU(0.4, 0.2)(x)]),
}


def residual(x):
    for _ in range(2):
        y = L.Conv2D(4, 3, padding="same", use_bias=False)(x)
        y = L.Activation("relu")(L.BatchNormalization()(y))
        x = L.Add()([L.Conv2D(4, 1)(x), y])
    return L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(x))


def shared_towers(a, b):
    tower = keras.Sequential([keras.Input((6,)), L.Dense(4, activation="tanh"), L.Dense(3)], name="tower")
    head = L.Dense(3, name="head")
    return L.Subtract()([head(tower(a)), head(head(tower(b)))])


def nested(x):
    inner = keras.Input((4, 3))
    block = keras.Model(inner, L.Add()([inner, L.Conv1D(3, 3, padding="same", activation="relu")(inner)]), name="block")
    deep = keras.Sequential([keras.Input((4, 3)), block, L.BatchNormalization(), L.Dense(3)], name="deep")
    return L.Flatten()(block(deep(block(x))))


def inception(x):
    branches = [L.Conv2D(2, 1, activation="relu")(x), L.Conv2D(2, 3, padding="same", activation="relu")(x),
                L.MaxPooling2D(3, strides=1, padding="same")(x)]
    return L.Dense(2)(L.Flatten()(L.AveragePooling2D(2)(L.Concatenate()(branches))))


def transformer(x):
    y = L.LayerNormalization()(x)
    x = L.Add()([x, L.MultiHeadAttention(2, 3)(y, y)])
    y = L.Dense(6)(L.Dense(8, activation="gelu")(L.LayerNormalization()(x)))
    return L.Dense(2)(L.GlobalAveragePooling1D()(L.Add()([x, y])))


def mobile(x):
    y = L.ReLU(max_value=6)(L.BatchNormalization()(L.Conv2D(6, 1, use_bias=False)(x)))
    y = L.ReLU(max_value=6)(L.BatchNormalization()(L.DepthwiseConv2D(3, strides=2, use_bias=False)(L.ZeroPadding2D(((0, 1), (0, 1)))(y))))
    squeeze = L.Dense(6, activation="hard_sigmoid")(L.Dense(2, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(y)))
    return L.Dense(3)(L.GlobalAveragePooling2D()(L.Conv2D(4, 1)(L.Multiply()([y, squeeze]))))


def encoder_decoder(a, b):
    _, h, c = L.LSTM(3, return_state=True, name="encoder")(a)
    return L.LSTM(3, return_sequences=True, name="decoder")(b, initial_state=[h, c])


def unet(x):
    down = L.Conv2D(3, 3, padding="same", activation="relu")(x)
    low = L.Conv2D(4, 3, padding="same", activation="relu")(L.MaxPooling2D()(down))
    up = L.Conv2DTranspose(3, 2, strides=2)(low)
    return L.Conv2D(1, 1, activation="sigmoid")(L.Concatenate()([down, up]))


models.update({
    "net-residual": functional((7, 6, 3))(residual),
    "net-shared": functional((6,), (6,))(shared_towers),
    "net-nested": functional((4, 3))(nested),
    "net-inception": functional((7, 6, 3))(inception),
    "net-transformer": functional((5, 6))(transformer),
    "net-mobile": functional((8, 8, 3))(mobile),
    "net-encoder-decoder": functional((4, 3), (5, 2))(encoder_decoder),
    "net-unet": functional((6, 8, 2))(unet),
    "net-mlp": sequential((4,), of(L.Dense, 16, activation="relu"), of(L.Dense, 16, activation="relu"), of(L.Dense, 3)),
    "net-critic": sequential((8, 8, 1), of(L.SpectralNormalization, L.Conv2D(4, 3, strides=2, padding="same")), of(L.LeakyReLU, negative_slope=0.2),
                             of(L.SpectralNormalization, L.Conv2D(6, 3, strides=2, padding="same")), of(L.LeakyReLU, negative_slope=0.2), of(L.Flatten), of(L.Dense, 1)),
})


def masked_attention(query, value, seen_queries, seen_values):
    masks = [seen_queries, seen_values]
    return [L.Attention()([query, value], mask=masks), L.AdditiveAttention()([query, value], mask=masks), L.Attention()([query, value], mask=[None, seen_values])]


def with_masks():
    inputs = [keras.Input((4, 3)), keras.Input((5, 3)), keras.Input((4,), dtype="bool"), keras.Input((5,), dtype="bool")]
    return keras.Model(inputs, masked_attention(*inputs))


models.update({
    "sparsemax": sequential((5, 3), of(L.Dense, 6, activation="sparsemax"), of(L.Dense, 4), of(L.Activation, "sparsemax")),
    "attention-masked": with_masks,
    "multi-head-along-some": functional((3, 4, 5), (3, 2, 5))(lambda x, y: L.MultiHeadAttention(2, 3, attention_axes=(2,))(x, y)),
    "multi-head-along-first": functional((3, 4, 2, 5))(lambda x: L.MultiHeadAttention(2, 3, attention_axes=(1, 3))(x, x)),
    "masking-unused": functional((6, 3))(lambda x: L.Flatten()(L.Conv1D(4, 2, activation="relu")(L.LayerNormalization()(L.Dense(5)(L.Masking(0.0)(x)))))),
    "embedding-masked": sequential((4,), of(L.Embedding, 11, 3, mask_zero=True), of(L.Dense, 4, activation="tanh"), of(L.GlobalMaxPooling1D)),
    "reversible-embedding": functional((4, 6))(lambda x: L.ReversibleEmbedding(7, 6, logit_soft_cap=3.0)(L.LayerNormalization()(x), reverse=True)),
    "reversible-embedding-untied": functional((4, 6))(lambda x: L.ReversibleEmbedding(7, 6, tie_weights=False)(x, reverse=True)),
    "pipeline": sequential((6, 6, 2), lambda: L.Pipeline([L.Solarization(), L.RandomFlip(), L.Rescaling(0.5, 0.25)]), of(L.Conv2D, 2, 3)),
})


O = keras.ops


@functional((6, 4))
def functions_entrywise(x):
    """Functions of keras.ops on tensors of a functional model: of every entry, and of two tensors or numbers."""
    y, near = x[:, ::-1], x * 0.5
    up = O.abs(x) + 0.5
    return [2.0 - x * 3.0, x / 2.0 + y, -x, x - y, 1.0 / up, up**2.0, x @ O.transpose(y, (0, 2, 1)), O.maximum(x, 0.1), O.minimum(x, y),
            O.arctan(x), O.arcsin(near), O.cos(x), O.sin(x), O.tan(near), O.sinh(x), O.cosh(x), O.tanh(x), O.exp(x), O.expm1(x), O.log(up),
            O.log1p(up), O.log2(up), O.log10(up), O.sqrt(up), O.square(x), O.rsqrt(up), O.reciprocal(up), O.erf(x), O.sigmoid(x), O.relu(x), O.relu6(x * 4.0),
            O.silu(x), O.elu(x, 0.7), O.selu(x), O.gelu(x), O.gelu(x, approximate=False), O.leaky_relu(x, 0.3), O.softplus(x), O.softsign(x), O.log_sigmoid(x),
            O.hard_sigmoid(x), O.hard_silu(x), O.softmax(x), O.softmax(x, axis=1), O.log_softmax(x), O.clip(x, -0.4, 0.3), O.where(x > 0.1, x, y * 0.2),
            O.where(O.logical_and(x > 0.1, y <= 0.2), 1.0, x), O.divide_no_nan(x, up), O.cast(O.cast(x * 3.0, "int32"), "float32"), O.stop_gradient(x), O.round(x * 3.0)]


@functional((6, 4), (4, 3))
def functions_reducing(x, z):
    return [O.mean(x, axis=1), O.sum(x, axis=-1, keepdims=True), O.max(x, axis=(1, 2)), O.min(x, axis=2), O.prod(x, axis=1), O.var(x, axis=-1),
            O.std(x, axis=1, keepdims=True), O.norm(x, axis=-1), O.norm(x, ord=1, axis=1), O.normalize(x, axis=-1), O.logsumexp(x, axis=-1), O.cumsum(x, axis=1),
            O.matmul(x, z), O.einsum("bij,bjk->bik", x, z), O.einsum("bij,bij->b", x, x), O.einsum("bij,jk->bik", x, np.arange(12.0).reshape(4, 3)), x * np.arange(4.0) + np.ones((6, 4)), O.tril(O.matmul(x, O.transpose(x, (0, 2, 1)))), O.top_k(x, 2)[0]]


@functional((6, 4), (5, 7, 3))
def functions_shaping(x, image):
    a, b = O.split(x, 2, axis=1)
    c, d, e = O.split(x, [1, 4], axis=1)
    return [x[:, -1], x[:, 1:5:2, :3], x[..., 2], x[:, None, 0], O.reshape(x, (-1, 3, 8)), O.transpose(x, (0, 2, 1)), O.swapaxes(x, 1, 2), O.moveaxis(image, -1, 1),
            O.expand_dims(x, -1), O.squeeze(O.expand_dims(x, 1), 1), O.concatenate([x, x * 2.0], axis=-1), O.stack([x, -x], axis=1), a - b, O.concatenate([e, d, c], axis=1),
            O.unstack(x, axis=1)[3], O.tile(x, (1, 2, 1)), O.pad(x, ((0, 0), (1, 2), (0, 1))), O.pad(image, ((0, 0), (1, 1), (2, 0), (0, 0)), mode="reflect"), O.flip(x, axis=1),
            O.take(x, [3, 0, 0], axis=1), O.take(x, 2, axis=-1), O.max_pool(image, 2, 1, padding="same"), O.average_pool(image, (2, 3)),
            O.image.resize(image, (4, 9)), O.image.extract_patches(O.pad(image, ((0, 0), (1, 0), (0, 2), (0, 0))), 3), O.image.rgb_to_grayscale(image)]


@functional((8, 8, 3))
def transfer(x):
    """As tutorials begin from a trained network: its way to prepare images, then the network as a layer."""
    image = keras.Input((8, 8, 3))
    inner = L.ZeroPadding2D(1)(L.Conv2D(4, 3, use_bias=False)(image))
    inner = L.ReLU(6.0)(L.BatchNormalization()(L.MaxPooling2D(3, 2)(inner)))
    base = keras.Model(image, inner, name="base")
    return L.Dense(2)(L.Dropout(0.2)(L.GlobalAveragePooling2D()(base(keras.applications.mobilenet_v2.preprocess_input(x * 255.0), training=False))))


@functional((4,))
def twice(x):
    """A model that is called twice, the second time as the output; a function stands in it, too."""
    a = keras.Input((4,))
    inner = keras.Model(a, O.tanh(L.Dense(4)(a)) * 0.5 + a)
    return inner(inner(x))


@functional((13, 2))
def spectra(x):
    """Without a window, as a plain STFT; the waves are weights, and random ones here."""
    of = lambda mode, **settings: L.STFTSpectrogram(mode, frame_length=4, window=None, scaling=None, **settings)(x)
    return [of("magnitude", frame_step=3), of("log", padding="same"), of("psd", fft_length=8), of("real", expand_dims=True), of("imag"), of("stft", frame_step=1),
            of("magnitude", data_format="channels_first", padding="same"), of("psd", data_format="channels_first", padding="same", expand_dims=True)]


@functional((6, 5, 4))
def training_only(x):
    """Layers that do not say whether they are trained, as functions do not."""
    return L.Flatten()(L.SpatialDropout2D(0.2)(L.Pipeline([L.Rescaling(0.5), L.GaussianDropout(0.1)])(x)))


@keras.saving.register_keras_serializable("test")
class Trainer(keras.Model):
    """As tutorials train in their own way: what it computes is the graph it is made of."""

    def train_step(self, data):
        return {"loss": keras.ops.mean(self(data[0]))}


def trained():
    """One within one, which stands in an attribute as well."""
    a = keras.Input((5,))
    inner = Trainer(a, L.Dense(4, activation="tanh")(L.Dense(6, activation="relu")(a)), name="inner")
    x = keras.Input((3,))
    model = Trainer(x, L.Dense(2)(inner(L.Dense(5)(x))), name="outer")
    model.backbone = inner
    return model


def difference(table):
    """A model of two inputs, which may be made of a list of them or of a table."""
    z, b = keras.Input((4,), name="z"), keras.Input((4,), name="b")
    return keras.Model({"x": b, "y": z} if table else [z, b], L.Dense(2)(z) - L.Dense(2)(b) * 3)


@functional((5, 4), (6, 4))
def called_by_name(steps, memory):
    """Arguments by their names, and models that are given tables in the order of their code."""
    x = L.MultiHeadAttention(2, 3)(value=memory, query=L.Dense(4)(inputs=steps))
    x = L.LSTM(4)(sequences=x)
    y = L.Flatten()(inputs=memory[:, :1])
    return [difference(False)({"z": x, "b": y}), difference(True)({"y": x, "x": y}), difference(True)([x, y])]


models.update({
    "net-called-by-name": called_by_name,
    "net-trainer": trained,
    "net-training-only": training_only,
    "spectra": spectra,
    "net-twice": twice,
    "functions-entrywise": functions_entrywise,
    "functions-reducing": functions_reducing,
    "functions-shaping": functions_shaping,
    "net-transfer": transfer,
})


def fill(model, seed):
    """Random weights that keep numbers within a few units; what is a variance is positive."""
    random = np.random.default_rng(seed)
    for variable in model.variables:
        shape = variable.shape
        if "seed" in variable.path or variable.name in ("count", "mean", "variance"):
            continue
        value = random.normal(size=shape) / max(1.0, np.sqrt(np.prod(shape[:-1])))
        if variable.name in ("moving_variance",):
            value = 0.5 + random.random(size=shape)
        if variable.name in ("gamma", "scale"):
            value = 1 + 0.2 * random.normal(size=shape)
        variable.assign(value.astype("float32"))


def deflate(path):
    """The same archive, compressed: HDF5 keeps mostly zeros beside so few weights. The others stay as Keras wrote them."""
    with zipfile.ZipFile(path) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for info, data in entries:
            archive.writestr(info.filename, data)


def sample(shape, which, kind):
    count = int(np.prod(shape))
    index = np.arange(count)
    numbers = ((index * 37 + 11 + 53 * which) % 101).astype("float32") / np.float32(50) - np.float32(1)
    values = {"whole": index % 11, "bool": numbers > -0.5}.get(kind, numbers)
    return values.astype("bool" if kind == "bool" else "float32").reshape((1, *shape))


#: Also saved in the older form.
older = {"dense", "conv2d", "batch-norm", "lstm", "bidirectional", "multi-head", "time-distributed", "net-nested", "net-residual", "net-mlp",
         "net-shared", "stacked-cells", "spectral-norm", "functions-shaping", "net-training-only", "net-trainer", "net-called-by-name", "spectra"}

only = sys.argv[1:]
stored = here / "references.json"
references = json.loads(stored.read_text()) if only else {}
for position, (name, make) in enumerate(models.items()):
    if only and name not in only:
        continue
    keras.backend.clear_session()
    keras.utils.set_random_seed(position)
    print(name, flush=True)
    model = make()
    fill(model, position)
    inputs = [sample(value.shape[1:], i, "whole" if name.startswith("embedding") else value.dtype) for i, value in enumerate(model.inputs)]
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    references[name] = [[float(f"{number:.8g}") for number in np.ravel(output)] for output in outputs]
    model.save(here / f"{name}.keras")
    if name in older:
        model.save(here / f"{name}.h5")
    else:
        deflate(here / f"{name}.keras")

stored.write_text(json.dumps(references, separators=(",", ":")) + "\n")
print(len(models), "models")
