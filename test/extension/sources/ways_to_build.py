"""Every way of writing layers down that the finder knows."""
from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import spectral_norm


def conv3x3(inputs, outputs):
    return nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)


class Ways(nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        self.plain = nn.Linear(4, 8)
        self.wrapped = spectral_norm(nn.Linear(8, 8)).to("cpu")
        self.short = conv3x3(3, 16)
        self.stack = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
        self.named = nn.Sequential(OrderedDict([
            ("first", nn.Conv2d(1, 2, (3, 5))),
            ("second", nn.Conv2d(2, 4, 3, groups=2)),
        ]))
        self.many = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        layers = [nn.Linear(2, width)]
        for _ in range(depth):
            layers.append(nn.Linear(width, width))
            layers += [nn.Tanh()]
        layers.append(nn.Linear(width, 1))
        self.grown = nn.Sequential(*layers)
        self.add_module("head", nn.Linear(8, 3))
        for i in range(depth):
            self.add_module(f"extra{i}", nn.Linear(3, 3))
        self.table = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Linear(1, 2)})
        self.later = nn.ModuleList()
        self.later.append(nn.Linear(5, 6))
        self.inner = Inner()

    def forward(self, x):
        return self.stack(
            self.plain(x))


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.weird = torch.something_unknown(3)
        self.fc = nn.Linear(in_features=7, out_features=9)


def make_critic():
    return nn.Sequential(nn.Linear(2, 100), nn.ReLU(), nn.Linear(100, 1))


critic = nn.Sequential(
    nn.Linear(2, 64),  # a comment between
    nn.Linear(64, 1),
)
