"""A vision transformer with a single block for 8x8 digits: 16 tokens, one for each 2x2 patch."""

import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.projection = nn.Linear(width, width)

    def forward(self, tokens):
        query = self.split_heads(self.query(tokens))
        key = self.split_heads(self.key(tokens))
        value = self.split_heads(self.value(tokens))
        attention = torch.softmax(query @ key.transpose(-2, -1) * self.scale, dim=-1)
        mixed = (attention @ value).transpose(1, 2).reshape(tokens.shape)
        return self.projection(mixed)

    def split_heads(self, tokens):
        batch, count, width = tokens.shape
        return tokens.reshape(batch, count, self.heads, width // self.heads).transpose(1, 2)


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
        )

    def forward(self, tokens):
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class Transformer(nn.Module):
    def __init__(self, width=32, heads=2, classes=10):
        super().__init__()
        self.patches = nn.Conv2d(1, width, kernel_size=2, stride=2)
        self.position = nn.Parameter(0.5 * torch.randn(1, 16, width))
        self.block = TransformerBlock(width, heads)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, image):
        tokens = self.patches(image).flatten(2).transpose(1, 2) + self.position
        tokens = self.norm(self.block(tokens))
        return self.head(tokens.mean(dim=1))
