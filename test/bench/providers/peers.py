"""PyTorch's side of providers.bench.ts: milliseconds of the same graphs on the same GPU, inputs and outputs copied, as JSON lines."""

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import resnet_2b, resnet_50  # noqa: E402


def median_ms(action, cuda, rounds=15, limit=1.5):
    def timed():
        start = time.perf_counter()
        action()
        if cuda:
            torch.cuda.synchronize()
        return 1000 * (time.perf_counter() - start)

    first = timed()
    times, began = [], time.perf_counter()
    while len(times) < rounds and time.perf_counter() - began < limit:
        times.append(timed())
    return first, sorted(times)[len(times) // 2]


def main():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    cuda = device.type == "cuda"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)

    def report(name, items, action):
        try:
            first, run = median_ms(action, cuda)
        except RuntimeError as error:
            print(json.dumps({"name": name, "error": str(error).splitlines()[0]}), flush=True)
            return
        print(json.dumps({"name": name, "items": items, "provider": f"torch {device.type}", "first": first, "run": run}), flush=True)

    def derivatives(title, net, shape, outputs, batches, kinds):
        net = net.to(device).eval()
        for parameter in net.parameters():
            parameter.requires_grad_(False)
        for kind in kinds:
            for batch in batches:
                x, v = torch.randn(batch, *shape), torch.randn(batch, *shape)
                u = torch.randn(batch, *outputs)
                if kind == "values":
                    action = lambda: net(x.to(device)).cpu()  # noqa: E731
                elif kind == "J v":
                    action = lambda: torch.func.jvp(net, (x.to(device),), (v.to(device),))[1].cpu()  # noqa: E731
                else:
                    action = lambda: torch.func.vjp(net, x.to(device))[1](u.to(device))[0].cpu()  # noqa: E731
                report(f"{title}, {kind}, {batch} at once", batch, action)

    width = 100
    plane = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
    derivatives("map", plane, (2,), (1,), [4096, 65536, 262144], ["values", "J v"])
    derivatives("resnet_2b", resnet_2b(), (3, 32, 32), (10,), [64, 512, 2048], ["J v", "J′ u"])
    derivatives("ResNet-50", resnet_50(), (3, 224, 224), (1000,), [1, 16], ["J v", "J′ u"])

    steps = 20
    for channels, size in [(64, 56), (256, 14), (512, 7)]:
        kernel = (torch.rand(channels, channels, 3, 3) * 2 - 1) / (9 * channels) ** 0.5
        kernel = kernel.to(device)
        start = torch.randn(1, channels, size, size)

        def loop():
            x = start.to(device)
            for _ in range(steps):
                y = nn.functional.conv2d(x, kernel, padding=1)
                y = nn.functional.conv_transpose2d(y, kernel, padding=1)
                length = y.norm()
                x = y / length
            return length.item()

        report(f"power loop, {channels} channels {size}x{size}", steps, loop)


with torch.no_grad():
    main()
