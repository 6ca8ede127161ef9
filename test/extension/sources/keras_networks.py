"""The small networks of test/formats/keras, written as a user of Keras would."""
import keras
from keras import layers


def mlp():
    return keras.Sequential([
        keras.Input((4,)),
        layers.Dense(16, activation="relu"),
        layers.Dense(16, activation="relu"),
        layers.Dense(3),
    ])


def residual():
    inputs = x = keras.Input((7, 6, 3))
    for _ in range(2):
        y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.Activation("relu")(y)
        x = layers.Add()([layers.Conv2D(4, 1)(x), y])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def contract(x, filters):
    return layers.Conv2D(filters, 3, padding="same", activation="relu")(x)


def unet():
    inputs = keras.Input((6, 8, 2))
    down = contract(inputs, 3)
    low = contract(layers.MaxPooling2D()(down), 4)
    up = layers.Conv2DTranspose(3, 2, strides=2)(low)
    outputs = layers.Conv2D(1, 1, activation="sigmoid")(layers.Concatenate()([down, up]))
    return keras.Model(inputs, outputs)


def mobile():
    inputs = keras.Input((8, 8, 3))
    y = layers.ReLU(max_value=6)(layers.BatchNormalization()(layers.Conv2D(6, 1, use_bias=False)(inputs)))
    y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
    y = layers.DepthwiseConv2D(3, strides=2, use_bias=False)(y)
    y = layers.ReLU(max_value=6)(layers.BatchNormalization()(y))
    squeeze = layers.GlobalAveragePooling2D(keepdims=True)(y)
    excite = layers.Dense(6, activation="hard_sigmoid")(
        layers.Dense(2, activation="relu")(squeeze))
    y = layers.Conv2D(4, 1)(layers.Multiply()([y, excite]))
    return keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(y)))


critic = keras.Sequential()
critic.add(keras.Input((8, 8, 1)))
critic.add(layers.SpectralNormalization(layers.Conv2D(4, 3, strides=2, padding="same")))
critic.add(layers.LeakyReLU(negative_slope=0.2))
critic.add(layers.SpectralNormalization(layers.Conv2D(6, 3, strides=2, padding="same")))
critic.add(layers.LeakyReLU(negative_slope=0.2))
critic.add(layers.Flatten())
critic.add(layers.Dense(1))


class Transformer(keras.Model):
    """A subclass: its layers are attributes."""

    def __init__(self):
        super().__init__()
        self.before = layers.LayerNormalization()
        self.attention = layers.MultiHeadAttention(2, 3)
        self.after = layers.LayerNormalization()
        self.last = layers.Dense(6)
        self.first = layers.Dense(8, activation="gelu")
        self.head = layers.Dense(2)

    def call(self, x):
        y = self.before(x)
        x = x + self.attention(y, y)
        x = x + self.last(self.first(self.after(x)))
        return self.head(keras.ops.mean(x, axis=1))


def shared():
    tower = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="tanh"), layers.Dense(3)], name="tower")
    head = layers.Dense(3, name="head")
    a, b = keras.Input((6,)), keras.Input((6,))
    return keras.Model([a, b], layers.Subtract()([head(tower(a)), head(head(tower(b)))]))


def nested():
    inner = keras.Input((4, 3))
    conv = layers.Conv1D(3, 3, padding="same", activation="relu")
    block = keras.Model(inner, layers.Add()([inner, conv(inner)]), name="block")
    deep = keras.Sequential([keras.Input((4, 3)), block, layers.BatchNormalization(), layers.Dense(3)], name="deep")
    x = keras.Input((4, 3))
    return keras.Model(x, layers.Flatten()(block(deep(block(x)))))
