"""Networks of the layouts that the benches measure, for PyTorch. Weights are random; only the time counts."""

from torch import nn
import torch


class Block(nn.Module):
    """A residual block from a list of (kernel size, channels, stride); normalised like the network it stands for."""

    def __init__(self, before, steps, normalised):
        super().__init__()
        parts, channels = [], before
        for index, (kernel, after, stride) in enumerate(steps):
            parts.append(nn.Conv2d(channels, after, kernel, stride, kernel // 2, bias=not normalised))
            if normalised:
                parts.append(nn.BatchNorm2d(after))
            if index + 1 < len(steps):
                parts.append(nn.ReLU())
            channels = after
        self.path = nn.Sequential(*parts)
        stride = max(step[2] for step in steps)
        same = before == channels and stride == 1
        short = [nn.Conv2d(before, channels, 1, stride, bias=not normalised)]
        if normalised:
            short.append(nn.BatchNorm2d(channels))
        self.short = nn.Identity() if same else nn.Sequential(*short)

    def forward(self, x):
        return torch.relu(self.path(x) + self.short(x))


def resnet_2b():
    """The layout of cifar10_resnet_2b: two blocks of 8 and 16 channels behind a first convolution."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(),
        Block(8, [(3, 16, 2), (3, 16, 1)], False),
        Block(16, [(3, 16, 1), (3, 16, 1)], False),
        nn.Flatten(), nn.Linear(1024, 100), nn.ReLU(), nn.Linear(100, 10),
    )


def resnet_50():
    parts = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, count, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for index in range(count):
            steps = [(1, width, stride if index == 0 else 1), (3, width, 1), (1, 4 * width, 1)]
            parts.append(Block(channels, steps, True))
            channels = 4 * width
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000), nn.Softmax(1))
