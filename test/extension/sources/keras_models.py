import keras
from keras import layers


def functional():
    inputs = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(16, 3, activation="relu", name="stem")(inputs)
    x = layers.Flatten()(x)
    outputs = layers.Dense(10, name="head")(layers.Dense(32, activation="relu")(x))
    return keras.Model(inputs, outputs)


sequential = keras.Sequential([
    keras.Input(shape=(4,)),
    layers.Dense(64, activation="relu"),
    layers.Dense(1),
])

grown = keras.Sequential()
grown.add(layers.Dense(5))
grown.add(layers.Dense(7, name="last"))
