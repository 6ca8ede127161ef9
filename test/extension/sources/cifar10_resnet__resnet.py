"""A residual network, written to match ../shared/models/exports/resnet2b_dynamo.onnx line by line: the exporter recorded lines 58 to 106."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class BasicBlock(nn.Module):
    """Two convolutions and a shortcut, which is a convolution where the shape changes."""

    expansion = 1

    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_planes,
            planes,
            kernel_size=3,
            stride=stride,
            padding=1,
        )
        self.conv2 = nn.Conv2d(
            planes,
            planes,
            kernel_size=3,
            stride=1,
            padding=1,
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion * planes, kernel_size=1, stride=stride),
            )

    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.

    def forward(self, x):
        out = F.relu(self.conv1(x))
        out = self.conv2(out)
        out += self.shortcut(x)
        out = F.relu(out)
        return out


class ResNet5(nn.Module):
    """A stem, two blocks and two dense layers."""

    def __init__(self, block, num_blocks=2, num_classes=10, in_planes=8):
        super().__init__()
        self.in_planes = in_planes
        self.conv1 = nn.Conv2d(3, in_planes, kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, in_planes * 2, num_blocks, stride=2)
        self.linear1 = nn.Linear(in_planes * 2 * block.expansion * 64, 100)
        self.linear2 = nn.Linear(100, num_classes)

    def _make_layer(self, block, planes, num_blocks, stride):
        layers = []
        for stride in [stride] + [1] * (num_blocks - 1):
            layers.append(block(self.in_planes, planes, stride))
            self.in_planes = planes * block.expansion
        return nn.Sequential(*layers)

    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.
    # Lines that the original has for other things.

    def forward(self, x):
        out = F.relu(self.conv1(x))
        out = self.layer1(out)
        # What follows stands where the exporter saw it.
        #
        #
        #
        #
        out = torch.flatten(out, 1)
        out = F.relu(self.linear1(out))
        out = self.linear2(out)
        return out


def resnet2b():
    return ResNet5(BasicBlock)
