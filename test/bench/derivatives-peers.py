"""PyTorch's side of derivatives.bench.ts: seconds of processor time per batch of J v and of J' u, as JSON. Weights are random; only the time counts."""

import json
import sys
import time

import torch
from torch import nn


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


def ways():
    """torch.func where this PyTorch has it, else what it is made of: forward-mode duals, and one backward pass."""
    if hasattr(torch, "func"):
        return (
            "torch.func",
            lambda f, x, v: torch.func.jvp(f, (x,), (v,))[1],
            lambda f, x, u: torch.func.vjp(f, x)[1](u)[0],
        )

    def forward(f, x, v):
        from torch.autograd import forward_ad

        with forward_ad.dual_level():
            return forward_ad.unpack_dual(f(forward_ad.make_dual(x, v))).tangent

    def backward(f, x, u):
        x = x.detach().requires_grad_()
        return torch.autograd.grad(f(x), x, u)[0]

    return "torch.autograd", forward, backward


def median_seconds(action, rounds):
    action()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return sorted(times)[len(times) // 2]


def main():
    torch.manual_seed(0)
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    name, jvp, vjp = ways()
    networks = {}
    for key, build, size, outputs in [("cifar10_resnet_2b", resnet_2b, 32, 10), ("resnet_50", resnet_50, 224, 1000)]:
        batch, rounds = json.loads(sys.argv[2])[key]
        net = build().eval()
        for parameter in net.parameters():
            parameter.requires_grad_(False)
        x, v, u = torch.randn(batch, 3, size, size), torch.randn(batch, 3, size, size), torch.randn(batch, outputs)
        networks[key] = {
            "jvp": median_seconds(lambda: jvp(net, x, v), rounds),
            "vjp": median_seconds(lambda: vjp(net, x, u), rounds),
        }
    print(json.dumps({"version": torch.__version__, "way": name, "networks": networks}))


main()
