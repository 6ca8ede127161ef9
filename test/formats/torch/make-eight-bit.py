"""Writes weights in floats of 8 bits, with the numbers that PyTorch and ml_dtypes say they are.

    python test/formats/torch/make-eight-bit.py [folder]
"""

import json
import os
import sys

import ml_dtypes
import numpy as np
import torch
from safetensors.torch import save_file

out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "eight-bit")
os.makedirs(out, exist_ok=True)

types = {
    "float8e4m3fn": (torch.float8_e4m3fn, ml_dtypes.float8_e4m3fn),
    "float8e4m3fnuz": (torch.float8_e4m3fnuz, ml_dtypes.float8_e4m3fnuz),
    "float8e5m2": (torch.float8_e5m2, ml_dtypes.float8_e5m2),
    "float8e5m2fnuz": (torch.float8_e5m2fnuz, ml_dtypes.float8_e5m2fnuz),
    "float8e8m0": (torch.float8_e8m0fnu, ml_dtypes.float8_e8m0fnu),
}
bytes_in_order = torch.arange(256, dtype=torch.uint8).reshape(16, 16)

# JSON has no NaN and no infinity: they are texts.
numbers = {}
for name, (of_torch, of_numpy) in types.items():
    ours = bytes_in_order.view(of_torch).double().numpy().flatten()
    theirs = np.arange(256, dtype=np.uint8).view(of_numpy).astype(np.float64)
    assert np.array_equal(ours, theirs, equal_nan=True), name
    numbers[name] = [value if np.isfinite(value) else str(value) for value in ours.tolist()]

every_byte = {name: bytes_in_order.view(dtype).clone() for name, (dtype, _) in types.items()}
torch.save({f"{name}.weight": value for name, value in every_byte.items()}, f"{out}/types.pt")
torch.save({f"{name}.weight": value.t() for name, value in every_byte.items()}, f"{out}/turned.pt")
save_file({f"{name}.weight": value for name, value in every_byte.items() if name != "float8e8m0"}, f"{out}/types.safetensors")


class Cast(torch.nn.Module):
    """Weights that are kept in 8 bits and computed with in 32, as models that save memory have them."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", (torch.randn(4, 6) * 2).to(torch.float8_e4m3fn))
        self.register_buffer("scale", torch.tensor([[0.5], [0.25], [0.3], [2.0]]))
        self.register_buffer("second", torch.randn(3, 4).to(torch.float8_e5m2))

    def forward(self, x):
        y = torch.nn.functional.linear(x, self.weight.float() * self.scale)
        return torch.nn.functional.linear(torch.relu(y), self.second.to(torch.float32))


torch.manual_seed(5)
cast = Cast().eval()
x = torch.randn(1, 6)
torch.export.save(torch.export.export(cast, (x,)), f"{out}/cast.pt2")
program = {"x": x.flatten().tolist(), "y": cast(x).flatten().tolist()}

# As compressed-tensors, DeepSeek and ComfyUI keep the scale beside the weight: one for all, one for each output, one for each block of 128.
generator = torch.Generator().manual_seed(6)
eight = lambda *shape: (torch.randn(*shape, generator=generator) * 20).to(torch.float8_e4m3fn)  # noqa: E731
positive = lambda *shape: torch.rand(*shape, generator=generator) + 0.1  # noqa: E731
block = {"weight": eight(130, 5), "scale": positive(2, 1)}
spread = block["scale"].repeat_interleave(128, 0)[:130]
small = {"weight": eight(6, 8), "scale": torch.randint(120, 130, (6, 2), generator=generator, dtype=torch.uint8).view(torch.float8_e8m0fnu)}
held = {
    "all.weight": eight(5, 4),
    "all.weight_scale": positive(1)[0],
    "all.input_scale": torch.tensor(0.3),
    "each.weight": eight(5, 4),
    "each.weight_scale": positive(5, 1).bfloat16(),
    "comfy.weight": eight(3, 4),
    "comfy.scale_weight": positive(1),
    "kernel.weight": eight(4, 3, 3, 3),
    "kernel.weight_scale": positive(4, 1, 1, 1),
    "blocks.weight": block["weight"],
    "blocks.weight_scale_inv": block["scale"],
    "bare.weight": eight(4, 5),
    "tool.weight": eight(4, 5),
    "tool.weight_quantizer_amax": positive(1),
    "odd.weight": eight(4, 5),
    "odd.weight_scale": positive(3),
}
small_held = {"small.weight": small["weight"], "small.weight_scale": small["scale"]}
save_file(held, f"{out}/scaled.safetensors")
torch.save(held | small_held, f"{out}/scaled.pt")
expected = {f"{name}.weight": held[f"{name}.weight"].double() * held[f"{name}.{scale}"].double() for name, scale in [("all", "weight_scale"), ("each", "weight_scale"), ("comfy", "scale_weight"), ("kernel", "weight_scale")]}
expected |= {"blocks.weight": block["weight"].double() * spread.double(), "bare.weight": held["bare.weight"].double()}
expected |= {"small.weight": small["weight"].double() * small["scale"].double().repeat_interleave(4, 1)}
with open(f"{out}/reference.json", "w") as file:
    json.dump({"numbers": numbers, "scaled": {name: value.flatten().tolist() for name, value in expected.items()}, "program": program}, file)
