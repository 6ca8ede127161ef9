"""Writes the state dicts, checkpoints and archives that the tests of weights without a graph read, with the values that PyTorch gives.

    python test/formats/torch/make-weights.py [folder]
"""

import json
import os
import sys
import warnings
import zipfile
from argparse import Namespace
from collections import OrderedDict

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

warnings.filterwarnings("ignore")
out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "weights")
os.makedirs(out, exist_ok=True)
reference = {}


def without_sources(path):
    """TorchScript keeps the paths of the Python files it was made from, which are nobody's business."""
    with zipfile.ZipFile(path) as archive:
        held = [(info, archive.read(info)) for info in archive.infolist() if not info.filename.endswith("debug_pkl")]
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in held:
            archive.writestr(info.filename, data, info.compress_type)


def trained(module):
    """Random statistics and biases, so that nothing is at its initial value."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
            elif name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator))
    return module.eval()


def note(file, **weights):
    reference[file] = {name: value.detach().double().flatten().tolist() for name, value in weights.items()}


torch.manual_seed(0)
plain = trained(
    nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 4, 3, padding=1),
            bn1=nn.BatchNorm2d(4),
            relu=nn.ReLU(),
            conv2=nn.Conv2d(4, 6, 5, stride=2, bias=False),
            up=nn.ConvTranspose2d(6, 3, 3, stride=2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(27, 7),
            norm=nn.LayerNorm(7),
            fc2=nn.Linear(7, 2),
        )
    )
)
state = plain.state_dict()
weights = {name: value for name, value in state.items() if value.is_floating_point()}

torch.save(state, f"{out}/state-dict.pth")
torch.save(state, f"{out}/legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "model_state_dict": state, "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}}, "args": Namespace(lr=0.1)}, f"{out}/checkpoint.pt")
torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}, "ema": {"fc1.weight": state["fc1.weight"]}}, f"{out}/parallel.ckpt")
torch.save({"half.weight": state["fc1.weight"].half(), "brain.weight": state["fc1.weight"].bfloat16(), "double.weight": state["fc1.weight"].double()}, f"{out}/types.bin")
shared = torch.randn(6, 8)
torch.save({"turned.weight": shared.t(), "part.weight": shared[1:4, 2:7], "repeated.weight": shared[:1].expand(3, 8), "parameter.weight": nn.Parameter(shared)}, f"{out}/views.pt")
torch.jit.script(plain).save(f"{out}/script.pt")
torch.jit.trace(nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)).eval(), torch.zeros(1, 5)).save(f"{out}/trace.pt")
for file in ["script.pt", "trace.pt"]:
    without_sources(f"{out}/{file}")
for file in ["state-dict.pth", "legacy.pth", "checkpoint.pt", "parallel.ckpt", "script.pt"]:
    note(file, **weights)
note("types.bin", **{"half.weight": state["fc1.weight"].half(), "brain.weight": state["fc1.weight"].bfloat16(), "double.weight": state["fc1.weight"]})
note("views.pt", **{"turned.weight": shared.t(), "part.weight": shared[1:4, 2:7], "repeated.weight": shared[:1].expand(3, 8), "parameter.weight": shared})
note("trace.pt", **{name: value for name, value in torch.jit.load(f"{out}/trace.pt").state_dict().items()})

arrays = {"fc1": {"weight": state["fc1.weight"].numpy(), "bias": state["fc1.bias"].numpy()}, "fc2": {"weight": np.asfortranarray(state["fc2.weight"].double().numpy()), "bias": state["fc2.bias"].half().numpy()}}
expected = {name: value for name, value in weights.items() if name in ("fc1.weight", "fc1.bias", "fc2.weight")} | {"fc2.bias": state["fc2.bias"].half()}
torch.save({"epoch": 3, "params": arrays, "names": np.array(["a", "b"], dtype=object)}, f"{out}/arrays.pt")
torch.save(arrays | {"scores": np.float64(0.5)}, f"{out}/arrays-5.pt", pickle_protocol=5)
torch.save([[state["fc1.weight"], state["fc1.bias"]], (state["fc2.weight"].numpy(), state["fc2.bias"])], f"{out}/lists.pt")
torch.save({"fc1.weight": state["fc1.weight"].to_sparse(), "fc2.weight": state["fc2.weight"]}, f"{out}/sparse.pt")
note("arrays.pt", **expected)
note("arrays-5.pt", **expected)
note("lists.pt", **{"0.0": state["fc1.weight"], "0.1": state["fc1.bias"], "1.0": state["fc2.weight"]})
note("sparse.pt", **{"fc2.weight": state["fc2.weight"]})


def after_steps(module, *shape):
    module.train()
    for _ in range(3):
        module(torch.randn(*shape))
    return module.eval()


old = nn.ModuleDict(
    {
        "fc": after_steps(nn.utils.spectral_norm(nn.Linear(6, 5)), 2, 6),
        "conv": after_steps(nn.utils.spectral_norm(nn.Conv2d(3, 4, 3)), 1, 3, 5, 5),
        "up": after_steps(nn.utils.spectral_norm(nn.ConvTranspose2d(4, 3, 3)), 1, 4, 3, 3),
        "square": after_steps(nn.utils.spectral_norm(nn.ConvTranspose2d(3, 3, 3)), 1, 3, 3, 3),
        "normed": nn.utils.weight_norm(nn.Linear(4, 3)),
        "normed_up": nn.utils.weight_norm(nn.ConvTranspose1d(4, 3, 3), dim=1),
        "whole": nn.utils.weight_norm(nn.Linear(4, 3), dim=None),
        "pruned": prune.l1_unstructured(nn.Linear(6, 3), "weight", amount=0.5),
    }
)
new = nn.ModuleDict(
    {
        "fc": after_steps(parametrizations.spectral_norm(nn.Linear(6, 5)), 2, 6),
        "conv": after_steps(parametrizations.spectral_norm(nn.Conv1d(3, 4, 3)), 1, 3, 5),
        "up": after_steps(parametrizations.spectral_norm(nn.ConvTranspose2d(4, 3, 3)), 1, 4, 3, 3),
        "normed": parametrizations.weight_norm(nn.Conv2d(4, 3, 3)),
        "normed_across": parametrizations.weight_norm(nn.Linear(4, 3), dim=1),
    }
)
for name, modules in [("parametrised-old.pt", old), ("parametrised-new.pt", new)]:
    with torch.no_grad():
        for module in modules.values():
            if parametrize.is_parametrized(module) and hasattr(module.parametrizations.weight, "original0"):
                module.parametrizations.weight.original0.mul_(1.5)
            if hasattr(module, "weight_g"):
                module.weight_g.mul_(1.5)
        probe = {"fc": (1, 6), "conv": (1, 3, 5, 5) if modules is old else (1, 3, 5), "up": (1, 4, 3, 3), "square": (1, 3, 3, 3), "normed": (1, 4) if modules is old else (1, 4, 5, 5), "normed_up": (1, 4, 5), "whole": (1, 4), "pruned": (1, 6), "normed_across": (1, 4)}
        for key, module in modules.items():
            module(torch.zeros(*probe[key]))
    torch.save(modules.state_dict(), f"{out}/{name}")
    note(name, **{f"{key}.weight": module.weight for key, module in modules.items()})

from safetensors.torch import save_file  # noqa: E402

save_file({name: value.contiguous() for name, value in weights.items()}, f"{out}/model.safetensors", metadata={"format": "pt"})
names = list(weights)
shards = {"model-00001-of-00002.safetensors": names[:6], "model-00002-of-00002.safetensors": names[6:]}
for file, held in shards.items():
    save_file({name: weights[name].contiguous() for name in held}, f"{out}/{file}")
with open(f"{out}/model.safetensors.index.json", "w") as index:
    json.dump({"metadata": {"total_size": 1}, "weight_map": {name: file for file, held in shards.items() for name in held}}, index, indent=1)
note("model.safetensors", **weights)
note("model.safetensors.index.json", **weights)
# As models in several files were stored before safetensors: one of them in the legacy form.
pickles = {"pytorch_model-00001-of-00002.bin": names[:6], "pytorch_model-00002-of-00002.bin": names[6:]}
for file, held in pickles.items():
    torch.save({name: weights[name].clone() for name in held}, f"{out}/{file}", _use_new_zipfile_serialization=file.endswith("1-of-00002.bin"))
with open(f"{out}/pytorch_model.bin.index.json", "w") as index:
    json.dump({"metadata": {"total_size": 1}, "weight_map": {name: file for file, held in pickles.items() for name in held}}, index, indent=1)
note("pytorch_model.bin.index.json", **weights)

# Numbers are kept to nine digits, which is what float32 holds.
with open(f"{out}/reference.json", "w") as file:
    rounded = {model: {name: [float(f"{value:.9g}") for value in values] for name, values in held.items()} for model, held in reference.items()}
    json.dump(rounded, file)
