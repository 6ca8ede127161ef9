"""The same layers by public means, for `npm run bench -- norms`: reads layers as JSON from stdin (shapes, files of the same weights in float32 and their
certified lower ends), prints figures as JSON.

oracle: power iteration in float32 until it is within 1 % of the norm, which it is told: it takes no step too many.
power: the same until a step changes the value by less than 1e-3, as one would who does not know (a lower estimate, no bound).
fft: the 3x3 layers by FFT and six Gram iterations in complex64 (bounds the periodic operator, not the padded one).
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F


def weights(layer, *shape):
    return torch.from_file(layer["file"], size=math.prod(shape), dtype=torch.float32).reshape(shape).clone()


def products(layer):
    """W, x -> W x, y -> W' y and the shape of x; made outside the clock."""
    if layer["kind"] == "dense" or layer["kernel"] == 1:
        w = weights(layer, layer["outputs"], layer["inputs"])
        return w, (lambda x: w @ x), (lambda y: w.t() @ y), (layer["inputs"],)
    k, s, p, h = (layer[name] for name in ("kernel", "stride", "pad", "size"))
    w = weights(layer, layer["outputs"], layer["inputs"], k, k)
    out = (h + 2 * p - k) // s + 1
    extra = h - ((out - 1) * s + k - 2 * p)
    forward = lambda x: F.conv2d(x, w, stride=s, padding=p)
    back = lambda y: F.conv_transpose2d(y, w, stride=s, padding=p, output_padding=extra)
    return w, forward, back, (1, layer["inputs"], h, h)


def iterate(layer, made, generator, ended):
    _, forward, back, shape = made
    x = torch.randn(shape, generator=generator)
    value = 0.0
    for _ in range(400):
        x = x / x.norm()
        x = back(forward(x))
        now = x.norm().sqrt().item()
        if ended(layer, value, now):
            break
        value = now
    return now


def oracle(layer, made, generator):
    return iterate(layer, made, generator, lambda layer, value, now: now >= 0.99 * layer["lower"])


def power(layer, made, generator):
    return iterate(layer, made, generator, lambda layer, value, now: now <= value * (1 + 1e-3))


def fft(layer, made, generator):
    k, s, h, c, o = (layer[name] for name in ("kernel", "stride", "size", "inputs", "outputs"))
    n = -(-(h + 1) // s) * s
    w = made[0]
    symbol = torch.fft.rfft2(w, s=(n, n)).permute(2, 3, 0, 1) if s == 1 else torch.fft.fft2(w, s=(n, n)).permute(2, 3, 0, 1)
    if s > 1:
        m = n // s
        symbol = symbol.reshape(s, m, s, m, o, c).permute(1, 3, 4, 0, 2, 5).reshape(m, m, o, s * s * c) / s
    symbol = symbol.reshape(-1, *symbol.shape[2:])
    best = 0.0
    for part in symbol.split(max(1, int(1e8 / (8 * symbol[0].numel())))):
        g = part.conj().transpose(1, 2) @ part if part.shape[1] > part.shape[2] else part @ part.conj().transpose(1, 2)
        log = torch.zeros(len(g))
        for _ in range(6):
            norm = torch.linalg.matrix_norm(g).clamp_min(1e-30)
            g = g / norm[:, None, None]
            log = 2 * (log + norm.log())
            g = g.conj().transpose(1, 2) @ g
        value = (torch.linalg.matrix_norm(g).log() + log) / 2**7
        best = max(best, value.exp().max().item())
    return best


def measured(run, layers):
    """Seconds, and how far the worst value lies below the certified lower end."""
    generator = torch.Generator().manual_seed(1)
    cpu = wall = 0.0
    worst = math.inf
    for layer in layers:
        made = products(layer)
        before, start = time.process_time(), time.perf_counter()
        value = run(layer, made, generator)
        cpu += time.process_time() - before
        wall += time.perf_counter() - start
        worst = min(worst, value / layer["lower"])
    return {"cpu": cpu, "wall": wall, "worst": worst}


request = json.load(sys.stdin)
torch.set_num_threads(request["threads"])
with torch.inference_mode():
    layers = request["layers"]
    answer = {"torch": torch.__version__, "oracle": measured(oracle, layers), "power": measured(power, layers)}
    threes = [layer for layer in layers if layer["kind"] == "conv" and layer["kernel"] == 3]
    if request["fft"]:
        answer["fft"] = measured(fft, threes)
answer["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps(answer))
