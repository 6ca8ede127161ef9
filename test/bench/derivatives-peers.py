"""PyTorch's side of derivatives.bench.ts: seconds of processor time per batch of J v and of J' u, as JSON. Weights are random; only the time counts."""

import json
import sys
import time

import torch

from networks import resnet_2b, resnet_50


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
