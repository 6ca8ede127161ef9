"""Writes small torch.export archives, one for every supported layer type and some networks composed of them, with inputs and the outputs
that PyTorch gives.

    python test/formats/torch/make-exports.py [folder [name ...]]

With names, only those are written; what is stored of the others stays.
"""

import json
import os
import re
import sys
import warnings
import zipfile

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

warnings.filterwarnings("ignore")
out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "exports")
os.makedirs(out, exist_ok=True)
only = set(sys.argv[2:])
reference = json.load(open(f"{out}/reference.json")) if only else {}


def scrubbed(text):
    """Where this machine keeps its files is nobody's business."""
    return re.sub(r'File \\"[^"]*?([\w.]+)\\"', r'File \\"net/\1\\"', text)


def save(name, module, *inputs, decompose=False, form="new", **options):
    if only and name not in only:
        return
    module = module.eval()
    program = torch.export.export(module, inputs, **options)
    if decompose:
        program = program.run_decompositions()
    path = f"{out}/{name}.pt2"
    if form == "old":
        from torch._export.serde.serialize import serialize

        artifact = serialize(program)
        parts = {"version": b"7", "serialized_exported_program.json": artifact.exported_program, "serialized_state_dict.pt": artifact.state_dict, "serialized_constants.pt": artifact.constants}
        entries = [(key, value) for key, value in parts.items()]
    else:
        torch.export.save(program, path)
        with zipfile.ZipFile(path) as archive:
            entries = [(info.filename, archive.read(info)) for info in archive.infolist() if "sample_inputs" not in info.filename]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for entry, data in entries:
            if entry.endswith(".json"):
                data = scrubbed(data.decode()).encode()
            archive.writestr(zipfile.ZipInfo(entry, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    with torch.no_grad():
        outputs = module(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)

    def numbers(tensor):
        return [float(f"{value:.8g}") for value in tensor.double().flatten().tolist()]

    reference[f"{name}.pt2"] = {"inputs": [numbers(x) for x in inputs], "outputs": [numbers(y) for y in outputs]}


class Fn(nn.Module):
    def __init__(self, fn, **modules):
        super().__init__()
        self.fn = fn
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *xs):
        return self.fn(self, *xs)


def randomised(module):
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
            elif name.endswith("running_mean"):
                buffer.normal_()
        for parameter in module.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return module


torch.manual_seed(0)
r = torch.randn
image, signal, volume, vector, sequence = r(1, 3, 7, 6), r(1, 3, 11), r(1, 2, 4, 5, 4), r(1, 7), r(1, 5, 6)

save("linear", nn.Linear(7, 3), vector)
save("linear-no-bias", nn.Linear(7, 3, bias=False), vector)
save("linear-sequence", nn.Linear(6, 4), sequence)
save("conv1d", nn.Conv1d(3, 4, 3, stride=2, padding=1, dilation=2), signal)
save("conv2d", nn.Conv2d(3, 5, (3, 2), stride=(2, 1), padding=(1, 0)), image)
save("conv2d-grouped", nn.Conv2d(3, 6, 3, groups=3, padding="same"), image)
save("conv3d", nn.Conv3d(2, 3, 2, padding=1), volume)
save("conv-transpose1d", nn.ConvTranspose1d(3, 2, 4, stride=2, padding=1, output_padding=1), signal)
save("conv-transpose2d", nn.ConvTranspose2d(3, 4, 3, stride=2, output_padding=(1, 0), dilation=1), image)
save("batch-norm", randomised(nn.BatchNorm2d(3)), image)
save("batch-norm-plain", randomised(nn.BatchNorm1d(3, affine=False, eps=0.01)), signal)
save("layer-norm", randomised(nn.LayerNorm([6])), sequence)
save("layer-norm-two-axes", nn.LayerNorm([5, 6], elementwise_affine=False), sequence)
save("group-norm", randomised(nn.GroupNorm(2, 4)), r(1, 4, 5))
save("instance-norm", randomised(nn.InstanceNorm2d(3, affine=True)), image)
save("rms-norm", randomised(nn.RMSNorm(6, eps=1e-5)), sequence)
save("pools", Fn(lambda m, x: torch.cat([F.max_pool2d(x, 3, 2, 1).flatten(1), F.avg_pool2d(x, 2, ceil_mode=False, padding=1).flatten(1), F.avg_pool2d(x, 2, padding=1, count_include_pad=False).flatten(1)], 1)), image)
save("pools-1d", Fn(lambda m, x: F.avg_pool1d(F.max_pool1d(x, 3, 1), 2)), signal)
save("adaptive-pools", Fn(lambda m, x: torch.cat([F.adaptive_avg_pool2d(x, 1).flatten(1), F.adaptive_avg_pool2d(x, (7, 3)).flatten(1), F.adaptive_avg_pool2d(x, (3, 4)).flatten(1), F.adaptive_max_pool2d(x, 1).flatten(1)], 1)), image)
smooth = [torch.tanh, torch.sigmoid, F.silu, F.gelu, F.softplus, F.mish, F.elu, F.selu, F.celu, F.softsign, F.logsigmoid, F.tanhshrink]
save("activations-smooth", Fn(lambda m, x: torch.cat([f(x) for f in smooth], 1)), vector)
kinked = [F.relu, F.relu6, F.leaky_relu, F.hardtanh, F.hardswish, F.hardsigmoid, torch.abs, lambda x: F.leaky_relu(x, 0.3), lambda x: F.elu(x, 0.5), lambda x: torch.clamp(x, -0.5), lambda x: torch.clamp(x, -0.2, 0.7), lambda x: F.hardtanh(x, -2, 0.5)]
save("activations-kinked", Fn(lambda m, x: torch.cat([f(x) for f in kinked], 1)), vector)
save("gelu-tanh", nn.GELU(approximate="tanh"), vector)
save("prelu", randomised(nn.PReLU(3)), image)
save("softmax", Fn(lambda m, x: torch.cat([F.softmax(x, 1), F.log_softmax(x, 2)], 1)), sequence)
save("arithmetic", Fn(lambda m, x, y: torch.cat([x + y, x - 2, 3 - y, x * y, x / 4, x / (y * y + 1), x.pow(2), torch.maximum(x, y), torch.minimum(x, y), torch.add(x, y, alpha=0.5)], 1)), vector, r(1, 7))
save("functions", Fn(lambda m, x: torch.cat([x.exp(), (x * x + 1).log(), (x * x + 1).sqrt(), (x * x + 1).rsqrt(), x.sin(), x.cos(), x.erf(), -x, (x * x + 1).reciprocal(), x.atan()], 1)), vector)
save("reductions", Fn(lambda m, x: torch.cat([x.mean(1), x.sum(-1), x.amax(1), x.amin(2), x.mean((1, 2)).unsqueeze(0), x.norm(dim=1), torch.logsumexp(x, 1), x.sum((1, 2), keepdim=True).flatten(1)], 1)), sequence)
save("views", Fn(lambda m, x: torch.cat([x.view(1, -1), x.reshape(1, 6, 5).flatten(1), x.permute(0, 2, 1).reshape(1, -1), x.transpose(1, 2).flatten(1), x.unsqueeze(1).squeeze(1).flatten(1), x.unflatten(2, (2, 3)).flatten(2).flatten(1)], 1)), sequence)
save("pieces", Fn(lambda m, x: torch.cat([x[:, 1:4].flatten(1), x[:, :, ::2].flatten(1), x[:, 2], x[:, -1, 1:], torch.cat(x.split([2, 4], 2)[::-1], 2).flatten(1), torch.cat(x.chunk(2, 1), 1).flatten(1), torch.stack([x[:, 0], x[:, 3]], 1).flatten(1), x.narrow(1, 1, 2).flatten(1), torch.cat(x.unbind(1), 1)], 1)), sequence)
save("places", Fn(lambda m, x: torch.cat([x[:, torch.tensor([2, 0, 1])].flatten(1), x.index_select(2, torch.tensor([5, 0])).flatten(1)], 1)), sequence)
save("expand", Fn(lambda m, x: torch.cat([x.unsqueeze(1).expand(-1, 3, -1).flatten(1), x.repeat(1, 2)], 1)), vector)
save("padding", Fn(lambda m, x: torch.cat([F.pad(x, (1, 2, 0, 1)).flatten(1), F.pad(x, (1, 1), value=0.5).flatten(1), F.pad(x, (2, 1, 1, 1), mode="reflect").flatten(1), F.pad(x, (1, 0, 0, 2), mode="replicate").flatten(1)], 1)), image)
save("upsample", Fn(lambda m, x: torch.cat([F.interpolate(x, scale_factor=2).flatten(1), F.interpolate(x, size=(9, 11), mode="bilinear").flatten(1), F.interpolate(x, size=(10, 8), mode="bilinear", align_corners=True).flatten(1), F.interpolate(x, scale_factor=2.0, mode="bicubic").flatten(1)], 1)), image)
save("pixel-shuffle", nn.PixelShuffle(2), r(1, 8, 3, 2))
save("attention", Fn(lambda m, x: F.scaled_dot_product_attention(m.q(x), m.k(x), m.v(x)), q=nn.Linear(6, 4), k=nn.Linear(6, 4), v=nn.Linear(6, 4)), sequence)
save("attention-causal", Fn(lambda m, x: F.scaled_dot_product_attention(x, x * 2, x, is_causal=True, scale=0.3)), r(1, 2, 5, 6))
save("multihead", Fn(lambda m, x: m.a(x, x, x, need_weights=False)[0], a=nn.MultiheadAttention(6, 2, batch_first=True)), sequence)
save("transformer-layer", randomised(nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, activation="gelu")), sequence)
save("matmul", Fn(lambda m, x, y: torch.cat([(x @ y).flatten(1), torch.bmm(x, y).flatten(1)], 1)), sequence, r(1, 6, 2))
save("where", Fn(lambda m, x: torch.where(x > 0, x, 0.1 * x).masked_fill(x > 1, 1.0)), vector)
save("embedding-added", Fn(lambda m, x: x + m.e(torch.arange(5)), e=nn.Embedding(5, 6)), sequence)
save("spectral-norm", nn.Sequential(parametrizations.spectral_norm(nn.Linear(7, 5)), nn.ReLU(), parametrizations.weight_norm(nn.Linear(5, 2))), vector)
save("free-batch", nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(80, 3)), r(2, 3, 7, 6), dynamic_shapes=({0: torch.export.Dim("batch")},))


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(x + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


resnet = randomised(nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), Block(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)))
save("resnet", resnet, image)
save("resnet-core", resnet, image, decompose=True)
save("resnet-old", resnet, image, form="old")
save("transformer-core", randomised(nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)), sequence, decompose=True)
save("mlp-core", nn.Sequential(nn.Linear(7, 5), nn.GELU(), nn.LayerNorm(5), nn.Linear(5, 2)), vector, decompose=True)


def first(m, x):
    return m.r(x)[0]


steps, batches = r(5, 2, 4), r(2, 5, 4)
save("lstm", Fn(first, r=nn.LSTM(4, 3, batch_first=True)), batches)
save("lstm-stacked-both-ways", Fn(lambda m, x: (lambda y, s: (y, *s))(*m.r(x)), r=nn.LSTM(4, 3, 2, bidirectional=True)), steps)
save("lstm-state", Fn(lambda m, x, h, c: m.r(x, (h, c))[1][1], r=nn.LSTM(4, 3, 2, bias=False, batch_first=True)), batches, r(2, 2, 3), r(2, 2, 3))
save("lstm-free-batch", Fn(lambda m, x: m.r(x)[0][:, -1], r=nn.LSTM(4, 3, batch_first=True, bidirectional=True)), batches, dynamic_shapes=(({0: torch.export.Dim.AUTO},),))
save("gru", Fn(first, r=nn.GRU(4, 3)), steps)
save("gru-stacked-both-ways", Fn(lambda m, x: m.r(x)[1], r=nn.GRU(4, 3, 2, bidirectional=True, batch_first=True)), batches)
save("gru-alone", Fn(first, r=nn.GRU(4, 3)), r(5, 4))
save("rnn", Fn(lambda m, x: torch.cat([m.r(x)[0], m.s(x)[0]], 2), r=nn.RNN(4, 3, 2, bidirectional=True), s=nn.RNN(4, 2, nonlinearity="relu", bias=False)), steps)
save("cells", Fn(lambda m, x, h: torch.cat([*m.a(x, (h, 0.5 * h)), m.b(x, h), m.c(x, h), m.d(x, h)], 1), a=nn.LSTMCell(4, 3), b=nn.GRUCell(4, 3, bias=False), c=nn.RNNCell(4, 3), d=nn.RNNCell(4, 3, nonlinearity="relu")), r(2, 4), r(2, 3))
save("lstm-core", Fn(first, r=nn.LSTM(3, 2, batch_first=True, bidirectional=True)), r(1, 2, 3), decompose=True)
save("lstm-projected-core", Fn(first, r=nn.LSTM(3, 4, proj_size=2)), r(2, 1, 3), decompose=True)


torch.manual_seed(1)
positive = Fn(lambda m, x: torch.cat([torch.log1p(x * x), torch.expm1(x), torch.log2(x * x + 1), torch.exp2(x), torch.erfc(x), torch.sinh(x), torch.cosh(x), torch.asinh(x), torch.tan(x / 2), torch.asin(torch.tanh(x)), torch.atanh(torch.tanh(x) / 2)], 1))
save("functions-further", positive, vector)
kinked = [F.hardshrink, F.softshrink, lambda x: F.threshold(x, 0.1, -2.0), F.rrelu, lambda x: F.glu(F.pad(x, (0, 1)), 1), torch.trunc, torch.frac, lambda x: F.softplus(x, beta=2.0), lambda x: torch.lerp(x, x * x, 0.3), lambda x: torch.addcmul(x, x, x, value=0.5), lambda x: torch.addcdiv(x, x, x * x + 1), lambda x: torch.remainder(x, 0.7), lambda x: torch.fmod(x, 0.7), lambda x: 2.0 ** x]
save("kinks-further", Fn(lambda m, x: torch.cat([f(x) for f in kinked], 1)), vector)
save("logic", Fn(lambda m, x: torch.where((x > 0) & (x < 1) | ~(x != x[:, :1]), x, 0.0) + torch.where(torch.logical_and(x > 0, x <= 1), 1.0, x)), vector)
save("extremes", Fn(lambda m, x: torch.cat([x.max(1)[0], x.min(2, keepdim=True)[0].flatten(1), x.max().reshape(1, 1), x.std(1), x.var(2, correction=0), *torch.std_mean(x, 2), x.topk(2, 1)[0].flatten(1), (x.argmax(1) + x.argmin(1)).float()], 1)), sequence)
save("moves", Fn(lambda m, x: torch.cat([y.flatten(1) for y in [x.roll(2, 1), x.roll((1, -2), (1, 2)), x.roll(3), x.flip(1, 2), x.movedim(1, 2), x.mT, x.swapaxes(0, 1).transpose(0, 1), x.tile(1, 2), x.tril(), x.triu(1), x[:, torch.tensor([0, 2]), torch.tensor([1, -1])], x.gather(1, torch.tensor([[[0, 1, 2, 3, 4, 0]]])), torch.einsum("bij,bkj->bik", x, x), torch.baddbmm(x[:, :, :5], x, x.mT, beta=0.5, alpha=2), torch.outer(x[0, 0], x[0, 1])[None], x + torch.linspace(0, 1, 6) + x.new_ones(6)]], 1)), sequence)


def in_place(m, x):
    y = m.c(x)
    y += F.relu_(m.d(x)).detach()
    z = y.flatten(1)
    F.silu(z, inplace=True)
    z.mul_(0.5).clamp_(max=0.2)
    return F.dropout(z, 0.5, m.training) - z.clone().zero_()


save("in-place", Fn(in_place, c=nn.Conv2d(3, 4, 3), d=nn.Conv2d(3, 4, 3)), image)
save("in-place-residual", nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), randomised(nn.BatchNorm2d(4)), nn.ReLU(inplace=True), nn.Hardswish(inplace=True), nn.ReLU6(inplace=True), nn.LeakyReLU(0.2, inplace=True)), image)
save("scattered-core", Fn(lambda m, x: (lambda y: (y[:, 1:3].copy_(2 * x[:, :2]), y[:, 4].copy_(x[:, 0]), y)[-1])(x.clone())), sequence, decompose=True)
save("standardised-weights", Fn(lambda m, x: F.conv2d(x, F.batch_norm(m.c.weight.reshape(1, 4, -1), None, None, training=True).reshape(4, 3, 3, 3)), c=nn.Conv2d(3, 4, 3)), image)
save("conv-alone", nn.Conv2d(3, 4, 3), image[0])


torch.manual_seed(2)
sequence, image = r(1, 5, 6), r(1, 3, 7, 6)


def joined(*ys):
    return torch.cat([y.flatten()[None] for y in ys], 1)


save("windows", Fn(lambda m, x, y: joined(F.unfold(x, (3, 2), padding=1, stride=2), F.unfold(x[0], 2, dilation=2), F.fold(y, (4, 5), (2, 2)), F.fold(y, (5, 4), 2, dilation=2, padding=1, stride=(2, 1)), x.unfold(2, 3, 2), F.pixel_unshuffle(x[:, :, :6], 3), F.pixel_shuffle(x[0].reshape(9, 7, 2), 3), F.channel_shuffle(x.flatten(2)[:, :, :8].reshape(1, 6, 2, 2), 3))), image, r(1, 8, 12))
save("windows-core", Fn(lambda m, x, y: joined(F.unfold(x, (3, 2), padding=1, stride=2), F.fold(y, (4, 5), (2, 2)), x.unfold(2, 3, 2))), image, r(1, 8, 12), decompose=True)
places = torch.tensor([[[0, 1, 2, 0, 1, 2]]])
save("scatter", Fn(lambda m, x: joined(x.scatter(1, places, 0.5), x.scatter(1, places, x[:, 2:]), x.scatter_add(2, torch.tensor([[[0, 0], [1, 1], [2, 2], [0, 1], [1, 0]]]), x), x.scatter_reduce(1, places, x[:, :1], "amax"), x.scatter_reduce(1, places, x, "sum", include_self=False), x.index_add(1, torch.tensor([0, 0]), x[:, :2], alpha=2), x.index_copy(1, torch.tensor([2]), x[:, :1]), x.index_fill(2, torch.tensor([1, 3]), 3.0))), sequence)
one, two = torch.tensor([0, 3]), torch.tensor([[1], [4]])
put = torch.ops.aten.index_put
save("index-put", Fn(lambda m, x: joined(put(x, [torch.tensor([0]), one], x[:, 0]), put(x, [None, one], x[:, :2] * 2, True), put(x[:, :, None], [None, one, None, two], x.new_ones(1)), put(x, [None, one, two], x[0, :2, :2]), put(x, [torch.tensor([[False, True, True, False, True]])], torch.tensor(2.0)), x[..., None][:, one, :, torch.tensor([0, 0])])), sequence)
save("sort", Fn(lambda m, x: joined(x.sort(1)[0], x.sort(2, descending=True)[0], x.argsort(2).float(), x.msort(), x.median(1)[0], x.median(2, keepdim=True)[0], x.median(), x.kthvalue(2, 1)[0], x.cummax(1)[0], x.cummin(2)[0], x.cumprod(1), x.logcumsumexp(2), *x.aminmax(dim=1), x.diff(n=2, dim=2), x.sort(1)[1].float())), sequence)
save("sort-core", Fn(lambda m, x: joined(x.sort(1)[0], x.median(1)[0], x.kthvalue(2, 1)[0], x.cumprod(1), x.cumsum(2))), sequence, decompose=True)
norms = Fn(lambda m, x: joined(torch.cdist(x, 2 * x[:, :3]), torch.cdist(x, x[:, :2], p=1.0), torch.cdist(x, x[:, :2] + 1, p=float("inf")), F.pdist(x[0]), F.pairwise_distance(x[:, 0], x[:, 1]), F.cosine_similarity(x[:, :2], x[:, 2:4], dim=2), F.normalize(x, dim=2), torch.linalg.matrix_norm(x), torch.linalg.matrix_norm(x, 1), torch.linalg.norm(x, dim=1), x.norm(p=1, dim=1), x.norm(p=float("inf"), dim=1), x.norm(p=3, dim=1), torch.dist(x, 2 * x)))
save("distances", norms, sequence)
save("distances-core", norms, sequence, decompose=True)
theta = torch.tensor([[[0.9, 0.1, 0.1], [0.0, 1.1, 0.2]]])
save("samples", Fn(lambda m, x: joined(F.grid_sample(x, F.affine_grid(theta, (1, 3, 4, 5), align_corners=False), align_corners=False), F.grid_sample(x, F.affine_grid(theta, (1, 3, 2, 3), align_corners=True), padding_mode="border", align_corners=True), F.interpolate(x, size=(4, 5), mode="nearest-exact"), F.interpolate(x, scale_factor=1.3, mode="nearest-exact"), F.interpolate(x, size=(4, 4), mode="area"), F.interpolate(x, scale_factor=1.3, mode="bilinear"), F.interpolate(x, scale_factor=0.7), F.interpolate(x[:, :, 0], scale_factor=1.6, mode="linear"))), image)
save("samples-smooth", Fn(lambda m, x: joined(F.interpolate(x, size=(4, 4), mode="bilinear", antialias=True), F.interpolate(x, size=(3, 9), mode="bicubic", antialias=True))), image)
save("pools-further", Fn(lambda m, x: joined(F.max_pool2d(x[0], 2), F.adaptive_max_pool2d(x[0], (3, 3)), F.adaptive_max_pool2d(x, (3, 4)), F.adaptive_avg_pool2d(x[0], (7, 2)), F.adaptive_avg_pool3d(x[None], (2, 3, 4)), F.avg_pool2d(x, 2, divisor_override=3), F.lp_pool2d(x * x, 2.0, 2), F.local_response_norm(x, 3), F.max_pool2d(x, 2, return_indices=True)[1].float(), F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), F.adaptive_avg_pool1d(x[0], 4))), image)
save("padding-core", Fn(lambda m, x: joined(F.pad(x, (1, 1, 2, 1), mode="circular"), F.pad(x[:, :, None], (1, 1, 1, 1, 0, 0), mode="replicate"), F.pad(x[None], (1, 1, 1, 0, 0, 1), mode="reflect"))), image, decompose=True)
save("diagonals", Fn(lambda m, x: joined(x.diagonal(0, 1, 2), x.diagonal(2, 2, 1), x.diagonal(-1, 1, 2), torch.diag_embed(x[:, 0]), torch.diag_embed(x[:, :2], offset=-1, dim1=0, dim2=2), x[0, 0].diag(1), x[0].diag(-1), x[0].trace(), x * torch.meshgrid(torch.arange(5.0), torch.arange(6.0), indexing="ij")[0], torch.meshgrid(x[0, 0], x[0, :, 1], indexing="xy")[1], x[0][tuple(torch.tril_indices(5, 6))])), sequence)
save("products", Fn(lambda m, x: joined(m.b(x[:, :2], x[:, 2:4]), torch.tensordot(x, x, dims=([2], [2])), torch.addbmm(x[0, :, :5], x, x.mT, beta=0.5), torch.addmv(x[0, :, 0], x[0], x[0, 1], alpha=2), torch.addr(x[0], x[0, :, 0], x[0, 1]), torch.kron(x[0, :2], x[0, 1:3]), torch.linalg.cross(x[:, :, :3], x[:, :, 3:])), b=nn.Bilinear(6, 6, 3)), sequence)
save("functions-of-pairs", Fn(lambda m, x: joined(torch.hypot(x, 2 * x[:, :1]), torch.logaddexp(x, x[:, :1]), torch.atan2(x, x.flip(2)), torch.nan_to_num(x), torch.copysign(x, x.flip(1)), torch.sinc(x), torch.logit(x.sigmoid(), eps=1e-3), torch.xlogy(x, x * x + 1), torch.deg2rad(x), torch.clip(x, -0.5, 1), x.clamp(min=x.flip(1)), torch.special.expit(x), torch.isfinite(x).sum(), x.count_nonzero(1), x.nansum(1), torch.heaviside(x, x.new_tensor(0.5)), torch.bitwise_xor(x > 0, x > 1).float(), torch.arctan(x), torch.fix(x))), sequence)
save("products-core", Fn(lambda m, x: joined(m.b(x[:, 0], x[:, 1]), m.n(x), torch.addbmm(x[0, :, :5], x, x.mT), torch.linalg.cross(x[:, :, :3], x[:, :, 3:]), m.d(x)), b=nn.Bilinear(6, 6, 3), n=randomised(nn.InstanceNorm1d(5, affine=True)), d=nn.Dropout()), sequence, decompose=True)
save("pieces-further", Fn(lambda m, x: joined(*x.tensor_split(3, 2), *x.tensor_split((1, 4), 1), *x.hsplit(5)[:2], x.repeat_interleave(2, 1), x.take(torch.tensor([3, 2])), x.take_along_dim(torch.zeros(1, 5, 1, dtype=torch.long), 2), torch.hstack([x, x[:, :2]]), torch.vstack([x[0, 0], x[0, 1]]), x.ravel(), torch.rot90(x, 1, (1, 2)), F.one_hot(torch.arange(5), 6) * x, x.bool().sum(1), x[:, one, one], torch.empty_like(x).copy_(x), x.slice_scatter(x[:, :2], 1, 0, 4, 2))), sequence)
heads = lambda m, x: F.scaled_dot_product_attention(x.view(1, 5, 6, 1).transpose(1, 2), x[:, :, :2].reshape(1, 5, 2, 1).transpose(1, 2), x[:, :, 2:4].reshape(1, 5, 2, 1).transpose(1, 2), enable_gqa=True)
save("attention-shared", Fn(heads), sequence)
save("attention-shared-core", Fn(heads), sequence, decompose=True)


def inner(m, x):
    from torch._higher_order_ops.map import map
    from torch._higher_order_ops.scan import scan
    from torch._higher_order_ops.while_loop import while_loop

    with torch.no_grad():
        y = m.l(x)
    with torch.autocast("cpu", enabled=False):
        y = y + m.l(2 * x)
    y = torch.cond(m.flag.sum() > 1, lambda z: torch.tanh(m.l(z)), lambda z: 3 * z, (y,))
    last, all = scan(lambda c, z: (torch.tanh(c + m.l(z)), c * z), y[0, 0].clone(), y[0])
    _, w = while_loop(lambda i, z: i < 3, lambda i, z: (i + 1, torch.tanh(m.l(z)) + i), (torch.tensor(0), y))
    return joined(y, last, all, w, map(lambda z: torch.tanh(m.l(z)), y[0]))


graphs = Fn(inner, l=nn.Linear(6, 6))
graphs.register_buffer("flag", torch.ones(2))
save("graphs-inside", graphs, sequence)


def written(m, x):
    """Writes through views of a tensor that is used afterwards, and views of it that were taken before."""
    y = torch.zeros(x.shape[0], 12)
    y[:, 1:8] = x
    first, rest = y[:, 1], y.view(2, 6)[:, 1:]
    rest.mul_(2)
    y[:, 2:8:2] += 1
    y.transpose(0, 1)[9].fill_(0.5)
    return torch.cat([y.flatten(), first, rest.flatten()])[None]


save("written-views", Fn(written), vector)

from torch.ao.quantization.fx import _decomposed  # noqa: E402, F401 (registers the operators of quantised programs)

q = torch.ops.quantized_decomposed


def quantised(m, x):
    x = q.dequantize_per_tensor(q.quantize_per_tensor(x, 0.03, -5, -128, 127, torch.int8), 0.03, -5, -128, 127, torch.int8)
    y = F.relu(F.linear(x, q.dequantize_per_channel(m.weight, m.scales, m.zeros, 0, -127, 127, torch.int8)))
    narrow = torch.fake_quantize_per_tensor_affine(x, 0.05, 10, 0, 127)
    channels = torch.fake_quantize_per_channel_affine(x, torch.linspace(0.03, 0.08, 7), torch.zeros(7, dtype=torch.int32), 1, -100, 100)
    return torch.cat([q.dequantize_per_tensor(q.quantize_per_tensor(y, 0.05, 0, 0, 200, torch.uint8), 0.05, 0, 0, 200, torch.uint8), narrow, channels], 1)


steps = Fn(quantised)
for name, buffer in (("weight", torch.randint(-127, 127, (4, 7), dtype=torch.int8)), ("scales", torch.rand(4) / 50), ("zeros", torch.zeros(4, dtype=torch.int64))):
    steps.register_buffer(name, buffer)
save("quantised", steps, vector)


# Of images only the number is free; their sizes, which these need, are not.
resized = [
    lambda x: F.adaptive_avg_pool2d(x, (3, 2)), lambda x: F.adaptive_avg_pool2d(x, (4, 3)), lambda x: F.pixel_shuffle(x, 2), lambda x: F.pixel_unshuffle(x, 2), lambda x: F.channel_shuffle(x, 2),
    lambda x: F.interpolate(x, size=(9, 7), mode="bilinear"), lambda x: F.interpolate(x, size=(9, 7)), lambda x: F.interpolate(x, size=(5, 9), mode="bicubic", align_corners=True), lambda x: F.interpolate(x, size=(3, 3), mode="bilinear", antialias=True),
    lambda x: F.unfold(x, 3, padding=1, stride=2), lambda x: F.fold(F.unfold(x, 3), (8, 6), 3),
]
save("free-batch-images", Fn(lambda m, x: torch.cat([f(x).flatten(1) for f in resized], 1)), torch.linspace(-1, 1, 2 * 4 * 8 * 6).reshape(2, 4, 8, 6), dynamic_shapes=(({0: torch.export.Dim.AUTO},),))


# A spatial transformer, and what was pooled put back into its places.
torch.manual_seed(23)
transformer = nn.Sequential(nn.Flatten(), nn.Linear(4 * 8 * 6, 6))


def moved(m, x):
    theta = m.where(x).view(-1, 2, 3) / 4
    return F.grid_sample(x, F.affine_grid(theta, x.size(), align_corners=False), align_corners=False)


def put_back(m, x):
    values, places = F.max_pool2d(m.conv(x), 2, return_indices=True)
    return F.max_unpool2d(torch.tanh(values), places, 2)


image = torch.linspace(-1, 1, 2 * 4 * 8 * 6).sin().reshape(2, 4, 8, 6)
save("free-batch-places", Fn(lambda m, x: (moved(m, x), put_back(m, x)), where=transformer, conv=nn.Conv2d(4, 3, 3, padding=1)), image, dynamic_shapes=(({0: torch.export.Dim.AUTO},),))


with open(f"{out}/reference.json", "w") as file:
    json.dump(reference, file)
print(len(reference), "models")
