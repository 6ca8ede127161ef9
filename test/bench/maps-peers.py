"""Rosca's map in PyTorch, for `npm run bench -- maps`: 2500 cells x 2500 pairs through 2-100-100-100-1, the best chunking of several.

Its argument is the number of threads. For every line {"chunk": pairs a call, "measured": cells} of stdin it prints a line with the seconds of the whole map, wall and processor, scaled from the
cells that were measured: whoever compares asks in turns. The caller raises glibc's thresholds for mmap and trimming, without which most of the time goes into fresh pages.
"""

import json
import sys
import time

import torch

cells, pairs = 2500, 2500
torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
layers = [(torch.randn(i, o) * (2 / i) ** 0.5, torch.randn(o) * 0.1) for i, o in [(2, 100), (100, 100), (100, 100), (100, 1)]]


def network(x):
    for k, (w, b) in enumerate(layers):
        x = torch.addmm(b, x, w)
        if k < 3:
            x.relu_()
    return x


@torch.inference_mode()
def run(count, chunk):
    best = torch.zeros(count)
    for cell in range(count):
        low = torch.tensor([cell % 50, cell // 50]) * 0.12 - 3
        done = 0
        while done < pairs:
            n = min(chunk, pairs - done)
            x = low + 0.12 * torch.rand(2 * n, 2)
            y = network(x)
            change = (y[:n] - y[n:]).abs()[:, 0]
            best[cell] = max(best[cell].item(), (change / (x[:n] - x[n:]).norm(dim=1)).max().item())
            done += n
    return best


def measure(chunk, measured):
    run(4, chunk)
    wall, cpu = time.perf_counter(), time.process_time()
    run(measured, chunk)
    scale = cells / measured
    return {"wall": (time.perf_counter() - wall) * scale, "cpu": (time.process_time() - cpu) * scale}


print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(measure(**json.loads(line))), flush=True)
