"""Rosca's map in PyTorch, for `npm run bench -- maps`: 2500 cells x 2500 pairs through 2-100-100-100-1, the best chunking of several.

Reads {"threads": n} from stdin, prints seconds for the whole map, wall and processor, per setting; 50 cells are measured. The caller raises
glibc's thresholds for mmap and trimming, without which most of the time goes into fresh pages.
"""

import json
import sys
import time

import torch

cells, measured, pairs = 2500, 50, 2500
given = json.load(sys.stdin)
torch.set_num_threads(given["threads"])
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


answer = []
for chunk in (500, 1000, 2500):
    run(10, chunk)
    wall, cpu = time.perf_counter(), time.process_time()
    run(measured, chunk)
    answer.append({
        "chunk": chunk,
        "wall": (time.perf_counter() - wall) * cells / measured,
        "cpu": (time.process_time() - cpu) * cells / measured,
    })
print(json.dumps({"torch": torch.__version__, "settings": answer}))
