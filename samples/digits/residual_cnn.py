"""A residual network for 8x8 digits, in the shape of the larger ones: stem, blocks, average, linear."""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        # An empty Sequential is the identity: only a block that changes the shape needs weights here.
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, image):
        features = torch.relu(self.bn1(self.conv1(image)))
        features = self.bn2(self.conv2(features))
        return torch.relu(features + self.shortcut(image))


class ResidualCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList([
            ResidualBlock(16, 16),
            ResidualBlock(16, 24, stride=2),
        ])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(24, classes)

    def forward(self, image):
        features = self.stem(image)
        for block in self.blocks:
            features = block(features)
        return self.classifier(self.pool(features).flatten(1))
