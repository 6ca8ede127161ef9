"""Networks of Flax, in its older and its newer way."""
import flax.linen as nn
import jax
from flax import nnx


class Compact(nn.Module):
    """Names are made of the class and a number."""

    depth: int

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(features=8, kernel_size=(3, 3))(x)
        x = nn.relu(x)
        x = x.reshape((x.shape[0], -1))
        x = nn.Dense(32)(x)
        for _ in range(self.depth):
            x = Block(width=32)(x)
        return nn.Dense(10, name="head")(nn.Dense(16)(x))


class Block(nn.Module):
    width: int

    def setup(self):
        self.up = nn.Dense(2 * self.width)
        self.down = nn.Dense(self.width)

    def __call__(self, x):
        return x + self.down(nn.gelu(self.up(x)))


class Newer(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.conv = nnx.Conv(1, 8, kernel_size=(3, 3), rngs=rngs)
        self.linear1 = nnx.Linear(128, 32, rngs=rngs)
        self.linear2 = nnx.Linear(32, 10, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.conv(x))
        return self.linear2(jax.nn.relu(self.linear1(x.reshape((1, -1)))))
