"""Exports modules as people write them, each as it is and decomposed, with inputs and the outputs that PyTorch gives.

    python test/bench/formats/exported-modules.py FOLDER [NAME ...]

With names, only those are written; what is in the folder of the others stays.
"""

import json
import math
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize
from torch.ao.quantization.fx import _decomposed  # noqa: F401 (registers the operators of quantised programs)

warnings.filterwarnings("ignore")
torch.manual_seed(0)
torch.set_num_threads(1)
out = sys.argv[1]
only = set(sys.argv[2:])
cases = []
r = torch.randn


def case(name, *inputs, **options):
    """What follows makes the module of this name, which is exported with these inputs."""

    def keep(make):
        cases.append((name, make, inputs, options))
        return make

    return keep


def quick(name, function, *inputs, **options):
    class Forward(nn.Module):
        def forward(self, *xs):
            return function(*xs)

    cases.append((name, Forward, inputs, options))


image, rows, words, steps = r(2, 3, 16, 16), r(3, 10), torch.randint(0, 20, (2, 7)), r(2, 7, 12)


# --- networks of tutorials
@case("mlp", rows)
class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(10, 16), nn.Linear(16, 16), nn.Linear(16, 4)])
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.drop(F.relu(layer(x)))
        return self.layers[-1](x)


@case("lenet", r(1, 1, 28, 28))
class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.drop = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 8, 5), nn.Dropout2d()
        self.fc1, self.fc2 = nn.Linear(128, 20), nn.Linear(20, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.drop(self.conv2(x)), 2))
        x = x.view(-1, 128)
        x = F.dropout(F.relu(self.fc1(x)), training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


class BasicBlock(nn.Module):
    def __init__(self, c, d, stride=1):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(c, d, 3, stride, 1, bias=False), nn.BatchNorm2d(d)
        self.c2, self.b2 = nn.Conv2d(d, d, 3, 1, 1, bias=False), nn.BatchNorm2d(d)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Sequential(nn.Conv2d(c, d, 1, stride, bias=False), nn.BatchNorm2d(d)) if stride != 1 or c != d else None

    def forward(self, x):
        identity = x if self.down is None else self.down(x)
        y = self.b2(self.c2(self.relu(self.b1(self.c1(x)))))
        y += identity
        return self.relu(y)


case("resnet", image)(lambda: nn.Sequential(nn.Conv2d(3, 6, 7, 2, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1), BasicBlock(6, 6), BasicBlock(6, 8, 2), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(8, 5)))
case("resnet-free-batch", image, dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},))(lambda: nn.Sequential(BasicBlock(3, 4), BasicBlock(4, 8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(8, 5)))


class Double(nn.Sequential):
    def __init__(self, c, d):
        super().__init__(nn.Conv2d(c, d, 3, padding=1), nn.BatchNorm2d(d), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(d, d, 3, padding=1), nn.GroupNorm(2, d), nn.SiLU())


@case("unet", r(1, 3, 17, 16))
class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = Double(3, 4), Double(4, 8), Double(8, 8)
        self.up1, self.up2 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.d, self.e, self.out = Double(16, 8), Double(8, 4), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        c = self.up1(self.c(F.max_pool2d(b, 2)))
        c = F.pad(c, [0, b.size(3) - c.size(3), 0, b.size(2) - c.size(2)])
        d = self.up2(self.d(torch.cat([b, c], dim=1)))
        d = F.pad(d, [0, a.shape[3] - d.shape[3], (a.shape[2] - d.shape[2]) // 2, a.shape[2] - d.shape[2] - (a.shape[2] - d.shape[2]) // 2])
        return self.out(self.e(torch.cat([a, d], dim=1)))


@case("densenet", image)
class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.BatchNorm2d(3 + 4 * i), nn.ReLU(), nn.Conv2d(3 + 4 * i, 4, 3, padding=1)) for i in range(3))
        self.transition = nn.Sequential(nn.Conv2d(15, 6, 1), nn.AvgPool2d(2))

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat((x, layer(x)), 1)
        return self.transition(x).mean(dim=[2, 3])


@case("mobilenet", image)
class Inverted(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 12, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU6(True), nn.Conv2d(12, 12, 3, 1, 1, groups=12, bias=False), nn.BatchNorm2d(12), nn.Hardswish(True))
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, 4, 1), nn.ReLU(True), nn.Conv2d(4, 12, 1), nn.Hardsigmoid())
        self.project = nn.Conv2d(12, 3, 1)

    def forward(self, x):
        y = self.conv(x)
        return x + self.project(y * self.squeeze(y))


@case("shufflenet", r(2, 8, 6, 6))
class Shuffle(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 1, 1, groups=4))

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        y = torch.cat((a, self.branch(b)), dim=1)
        n, c, h, w = y.size()
        return y.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


@case("convnext", r(1, 6, 8, 8))
class ConvNext(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw, self.norm, self.up, self.down = nn.Conv2d(6, 6, 7, padding=3, groups=6), nn.LayerNorm(6, eps=1e-6), nn.Linear(6, 24), nn.Linear(24, 6)
        self.gamma = nn.Parameter(0.1 * torch.ones(6))

    def forward(self, x):
        y = self.dw(x).permute(0, 2, 3, 1)
        y = self.gamma * self.down(F.gelu(self.up(self.norm(y))))
        return x + y.permute(0, 3, 1, 2)


# --- attention and transformers
class Attention(nn.Module):
    def __init__(self, width=12, heads=3, causal=False):
        super().__init__()
        self.qkv, self.proj, self.heads, self.causal = nn.Linear(width, 3 * width), nn.Linear(width, width), heads, causal
        self.register_buffer("mask", torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).split(c, dim=2)
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2) for y in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        if self.causal:
            att = att.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf"))
        return self.proj((F.softmax(att, dim=-1) @ v).transpose(1, 2).contiguous().view(b, t, c))


case("attention-by-hand", steps)(Attention)
case("attention-causal-by-hand", steps)(lambda: Attention(causal=True))


@case("nanogpt", words)
class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(20, 12), nn.Embedding(16, 12)
        self.ln1, self.att, self.ln2 = nn.LayerNorm(12), Attention(causal=True), nn.LayerNorm(12)
        self.mlp = nn.Sequential(nn.Linear(12, 48), nn.GELU(approximate="tanh"), nn.Linear(48, 12))
        self.head = nn.Linear(12, 20, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, idx):
        pos = torch.arange(0, idx.size(1), dtype=torch.long, device=idx.device)
        x = self.wte(idx) + self.wpe(pos)
        x = x + self.att(self.ln1(x))
        return self.head(x + self.mlp(self.ln2(x)))[:, [-1], :]


@case("vit", image)
class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.cls, self.pos = nn.Conv2d(3, 12, 4, 4), nn.Parameter(r(1, 1, 12)), nn.Parameter(r(1, 17, 12))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 3, 24, activation="gelu", batch_first=True, norm_first=True), 2)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], dim=1) + self.pos
        return self.head(self.encoder(x)[:, 0])


case("transformer-encoder-post-norm", steps)(lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 2, 16, batch_first=True), 2, nn.LayerNorm(12)))
case("transformer-encoder-sequence-first", r(7, 2, 12))(lambda: nn.TransformerEncoderLayer(12, 2, 16, activation=F.gelu))
case("transformer-decoder", steps, r(2, 5, 12))(lambda: nn.TransformerDecoderLayer(12, 2, 16, batch_first=True))


@case("transformer", r(2, 5, 12), r(2, 4, 12))
class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Transformer(12, 2, 1, 1, 16, batch_first=True)

    def forward(self, a, b):
        return self.net(a, b, tgt_mask=nn.Transformer.generate_square_subsequent_mask(4), tgt_is_causal=True)


@case("multihead-with-weights", steps, r(2, 5, 12))
class Cross(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.MultiheadAttention(12, 3, batch_first=True, kdim=12, vdim=12, bias=False)

    def forward(self, q, k):
        y, weights = self.a(q, k, k, need_weights=True, average_attn_weights=False)
        return y, weights


@case("multihead-mask", steps)
class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.MultiheadAttention(12, 2, batch_first=True, add_zero_attn=True)
        self.register_buffer("m", torch.triu(torch.ones(7, 7, dtype=torch.bool), 1))

    def forward(self, x):
        return self.a(x, x, x, attn_mask=self.m, need_weights=False)[0]


class Rms(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width) + 0.1 * r(width))

    def forward(self, x):
        y = x.float()
        return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-6)).type_as(x) * self.weight


@case("llama", r(1, 6, 16))
class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = Rms(16), Rms(16)
        self.q, self.k, self.v, self.o = nn.Linear(16, 16, bias=False), nn.Linear(16, 8, bias=False), nn.Linear(16, 8, bias=False), nn.Linear(16, 16, bias=False)
        self.gate, self.up, self.down = nn.Linear(16, 32, bias=False), nn.Linear(16, 32, bias=False), nn.Linear(32, 16, bias=False)
        freq = 1.0 / 10000 ** (torch.arange(0, 4, 2).float() / 4)
        angles = torch.outer(torch.arange(32).float(), freq)
        self.register_buffer("cos", torch.cat([angles, angles], -1).cos(), persistent=False)
        self.register_buffer("sin", torch.cat([angles, angles], -1).sin(), persistent=False)

    def rotate(self, x):
        half = x.shape[-1] // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
        return x * self.cos[: x.shape[-2]] + turned * self.sin[: x.shape[-2]]

    def forward(self, x):
        b, t, _ = x.shape
        y = self.n1(x)
        q, k, v = self.q(y).view(b, t, 4, 4).transpose(1, 2), self.k(y).view(b, t, 2, 4).transpose(1, 2), self.v(y).view(b, t, 2, 4).transpose(1, 2)
        q, k = self.rotate(q), self.rotate(k)
        k, v = k.repeat_interleave(2, dim=1), v[:, :, None].expand(b, 2, 2, t, 4).reshape(b, 4, t, 4)
        x = x + self.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, -1))
        y = self.n2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


@case("swin-shift", r(1, 8, 8, 6))
class Swin(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.bias = nn.Linear(6, 18), nn.Parameter(r(49, 2))
        index = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")).flatten(1)
        relative = (index[:, :, None] - index[:, None, :]).permute(1, 2, 0) + 3
        self.register_buffer("places", (relative[..., 0] * 7 + relative[..., 1]))

    def forward(self, x):
        x = torch.roll(x, shifts=(-2, -2), dims=(1, 2))
        w = x.view(1, 2, 4, 2, 4, 6).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 6)
        q, k, v = self.qkv(w).reshape(-1, 16, 3, 2, 3).permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.bias[self.places.view(-1)].view(16, 16, -1).permute(2, 0, 1)
        a = ((q * 0.5) @ k.transpose(-2, -1) + bias.unsqueeze(0)).softmax(-1)
        y = (a @ v).transpose(1, 2).reshape(1, 2, 2, 4, 4, 6).permute(0, 1, 3, 2, 4, 5).reshape(1, 8, 8, 6)
        return torch.roll(y, shifts=(2, 2), dims=(1, 2))


@case("mixer", r(2, 9, 8))
class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.tokens, self.channels = nn.Sequential(nn.Linear(9, 5), nn.GELU(), nn.Linear(5, 9)), nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x):
        x = x + self.tokens(self.n1(x).mT).mT
        return (x + self.channels(self.n2(x))).mean(1)


# --- recurrent
@case("lstm-classifier", words)
class LstmClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.l, self.f = nn.Embedding(20, 8, padding_idx=0), nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True, dropout=0.3), nn.Linear(12, 3)

    def forward(self, x):
        y, (h, c) = self.l(self.e(x))
        return self.f(torch.cat((h[-2], h[-1]), dim=1)), y[:, -1], c


@case("gru-last-step", steps)
class GruLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.g, self.f = nn.GRU(12, 6, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        h0 = torch.zeros(1, x.size(0), 6, device=x.device)
        y, _ = self.g(x, h0)
        return self.f(y[:, -1, :])


@case("cells-in-a-loop", r(2, 4, 5))
class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.gru, self.rnn = nn.LSTMCell(5, 4), nn.GRUCell(4, 4), nn.RNNCell(4, 3, nonlinearity="relu")

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], 4)
        g, s, outs = torch.zeros(x.shape[0], 4), x.new_zeros(x.shape[0], 3), []
        for t in range(x.shape[1]):
            h, c = self.lstm(x[:, t], (h, c))
            g = self.gru(h, g)
            s = self.rnn(g, s)
            outs.append(s)
        return torch.stack(outs, dim=1)


case("rnn-relu-sequence-first", r(5, 2, 4))(lambda: nn.RNN(4, 3, 2, nonlinearity="relu", bias=False))


@case("lstm-projected", steps, named=True)
class Projected(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.LSTM(12, 6, proj_size=3, batch_first=True)

    def forward(self, x):
        return self.l(x)[0]


# --- convolutions and pictures
case("conv-modes", r(1, 4, 9, 8))(lambda: nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), nn.Conv2d(6, 6, 3, padding="same", padding_mode="circular", groups=2), nn.Conv2d(6, 4, (3, 2), padding="same", dilation=(2, 1)), nn.Conv2d(4, 2, 3, padding=1, padding_mode="replicate")))
case("conv-1d-stack", r(2, 3, 20))(lambda: nn.Sequential(nn.ConstantPad1d((4, 0), 0.0), nn.Conv1d(3, 4, 3, dilation=2), nn.PReLU(4), nn.ZeroPad1d(1), nn.ReflectionPad1d(2), nn.ReplicationPad1d(1), nn.CircularPad1d(2), nn.MaxPool1d(3, 2, ceil_mode=True), nn.AdaptiveMaxPool1d(4)))
case("conv-3d-stack", r(1, 2, 5, 6, 7))(lambda: nn.Sequential(nn.Conv3d(2, 4, 3, padding=(1, 0, 1)), nn.BatchNorm3d(4), nn.ELU(0.7), nn.AvgPool3d(2, ceil_mode=True), nn.ConvTranspose3d(4, 2, 2, 2), nn.AdaptiveAvgPool3d((1, 2, None))))
case("transposed-odd", r(1, 4, 5, 4))(lambda: nn.Sequential(nn.ConvTranspose2d(4, 6, 3, stride=(2, 3), padding=1, output_padding=(1, 2), groups=2), nn.Tanh(), nn.ConvTranspose2d(6, 2, 4, 2, 1, bias=False), nn.Sigmoid()))
case("dcgan", r(2, 10, 1, 1))(lambda: nn.Sequential(nn.ConvTranspose2d(10, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8), nn.ReLU(True), nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(True), nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh()))
case("super-resolution", r(1, 1, 6, 5))(lambda: nn.Sequential(nn.Conv2d(1, 8, 5, 1, 2), nn.Tanh(), nn.Conv2d(8, 4, 3, 1, 1), nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.ChannelShuffle(2), nn.UpsamplingBilinear2d(scale_factor=2), nn.UpsamplingNearest2d(size=(7, 9))))
case("norms-of-images", r(2, 6, 5, 4))(lambda: nn.Sequential(nn.InstanceNorm2d(6), nn.GroupNorm(3, 6, affine=False), nn.LocalResponseNorm(3), nn.InstanceNorm2d(6, affine=True, track_running_stats=True), nn.LayerNorm([6, 5, 4])))
case("pools", r(1, 3, 11, 10))(lambda: nn.Sequential(nn.MaxPool2d((3, 2), (2, 1), (1, 0), ceil_mode=True), nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), nn.LPPool2d(2, 2), nn.AdaptiveMaxPool2d((1, 2))))
quick("resize", lambda x: (F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False, recompute_scale_factor=True), F.interpolate(x, size=24, mode="nearest-exact"), F.interpolate(x, scale_factor=(1.5, 2), mode="bicubic", align_corners=False), F.interpolate(x, size=(5, 9), mode="area"), F.interpolate(x, (9, 7), mode="bilinear", antialias=True)), image)
quick("spatial-transformer", lambda x: F.grid_sample(x, F.affine_grid(torch.tensor([[[0.9, 0.1, 0.0], [-0.1, 1.1, 0.2]]]).expand(2, -1, -1), [2, 3, 9, 8], align_corners=False), align_corners=False), image)
quick("unfold-fold", lambda x: F.fold(F.unfold(x, 3, padding=1, stride=2) * 0.5, (16, 16), 3, padding=1, stride=2), image)

# --- functions
quick("einsum", lambda x, y: (torch.einsum("btc,bsc->bts", x, y), torch.einsum("bij,bjk->ik", x, y.mT), torch.einsum("...c->...", x), torch.einsum("bii->bi", x[:, :, :7]), torch.einsum("bi,bj->bij", x[:, 0], y[:, 0])), steps, r(2, 7, 12))
quick("pieces", lambda x: (torch.cat(x.tensor_split(3, dim=1), 2) if False else torch.stack(x.chunk(4, -1)).flip(0), x.roll(2, 1), torch.hstack([x[:, :2], x[:, 5:]]), x.unfold(1, 3, 2), torch.cat(torch.split(x, [1, 4, 2], 1)[::-1], dim=1), x[..., None, :].swapaxes(1, 2).squeeze(1), x[:, ::2, 1:-1:3], x.movedim(1, 2)), steps)
quick("gathering", lambda x: (torch.gather(x, 1, torch.tensor([[[0, 3, 1], [2, 2, 6]]]).expand(2, -1, -1)), x[torch.arange(2), torch.tensor([1, 4])], torch.index_select(x, 2, torch.tensor([0, 5, 5])), torch.take_along_dim(x, torch.zeros(2, 1, 12, dtype=torch.long), 1), x[:, [0, 2]][:, :, None]), steps)
quick("reductions", lambda x: (x.var(1), x.std(-1, unbiased=False), x.amax((1, 2)), x.max(1).values, x.min(2)[0], x.norm(p=1, dim=2), torch.linalg.vector_norm(x, dim=(1, 2)), x.prod(1), x.cumsum(1), torch.linalg.norm(x, dim=-1), x.logsumexp((1, 2)), x.median(1).values, x.topk(3, dim=2).values, x.sort(1, descending=True)[0]), steps)
quick("normalised-functions", lambda x: (F.normalize(x, dim=-1), F.cosine_similarity(x[:, 0], x[:, 1]), F.pairwise_distance(x[:, 0], x[:, 1]), torch.cdist(x, x.flip(1)), F.layer_norm(x, [12]), F.rms_norm(x, [12]), x / x.abs().sum(-1, keepdim=True).clamp(min=1e-3), F.glu(x, -1)), steps)
quick("activations", lambda x: tuple(f(x) for f in [F.celu, F.elu, F.gelu, F.hardshrink, F.hardsigmoid, F.hardswish, F.hardtanh, F.leaky_relu, F.logsigmoid, F.mish, F.relu6, F.selu, F.silu, F.softmin, F.softplus, F.softshrink, F.softsign, F.tanhshrink, lambda y: F.threshold(y, 0.1, -0.5), lambda y: F.rrelu(y), torch.sinc, torch.log1p if False else torch.expm1, torch.special.expit, lambda y: y.square().add(1).log2(), torch.asinh, lambda y: torch.logit(y.sigmoid()), lambda y: torch.softmax(y, 0) if False else y.softmax(1)]), rows)
quick("arithmetic", lambda x, y: (torch.addmm(x[:, :3], y, y.T), torch.lerp(x, y, 0.3), torch.addcmul(x, x, y, value=0.5), torch.addcdiv(x, x, y.square() + 1), torch.hypot(x, y), torch.atan2(y, x.abs() + 1), x ** 3, 2 ** x, torch.where(x > y, x, y), x.clamp(y - 1, y + 1), torch.outer(x[0], y[0]), torch.dot(x[0], y[1]), (x @ y.T).T, torch.kron(x[:1, :2], y[:1, :3]), x.div(y.abs() + 1, rounding_mode=None), torch.cross(x[:, :3], y[:, :3], dim=1)), rows, r(3, 10))
quick("constants", lambda x: (x + torch.arange(10) / 10, x @ torch.eye(10), x * torch.linspace(0, 1, 10), torch.ones_like(x) - x, x + torch.full((3, 1), 0.5), x.new_tensor([1.0, 2.0]) * x[:, :2], torch.tril(torch.ones(3, 3)) @ x, x * (torch.rand(1, generator=None) * 0 + 1) if False else x), rows)
quick("shapes-of-the-input", lambda x: (x.reshape(x.shape[0], -1), x.view(x.size(0), x.size(1) // 2, -1) if x.size(1) % 2 == 0 else x.flatten(1), x.expand_as(torch.zeros(3, 10)), x * x.shape[1] ** -0.5, F.one_hot(torch.arange(3), 4).float() @ r(4, 10).detach() if False else x.numel() * x), rows)
quick("dynamic-steps", lambda x: F.softmax(x @ x.mT / x.shape[1], -1) @ x, steps, dynamic_shapes=(({0: torch.export.Dim("b"), 1: torch.export.Dim("t")},),))
quick("in-place-writes", lambda x: (x.clone().mul_(2).add_(1), x.clone().clamp_(min=0).sub_(x), torch.zeros_like(x).copy_(x).relu_(), x.clone().index_fill_(1, torch.tensor([1]), 0.5), x.masked_fill(x > 0, 0.25)), rows)


def filled(x):
    y = torch.zeros(x.shape[0], 12)
    y[:, 1:11] = x
    y[:, 0] = x[:, 0] * 2
    return y


quick("writes-into-slices", filled, rows)


def marked(x):
    y = x.clone()
    first, rest = y[:, 0], y.view(3, 5, 2)[:, 1:]
    rest.mul_(2)
    y[1:, 2:8:2] += 1
    first[1] = 3.0
    y.transpose(0, 1)[9].zero_()
    return y, first * 2, rest.sum(2)


quick("writes-through-views", marked, rows)
quick("no-grad-and-autocast", lambda x: (torch.no_grad()(lambda y: y.relu())(x), x.detach() * 2 - x.float().to(torch.float32)), rows)
quick("half-and-double", lambda x: (x.double() * 2).float() + x.to(torch.float64).sum().float(), rows)
quick("dict-and-nested", lambda x: {"a": x * 2, "b": [x + 1, (x.relu(),)]}, rows)
quick("fake-quantisation", lambda x: (torch.fake_quantize_per_tensor_affine(x, 0.1, 3, -128, 127), torch.fake_quantize_per_tensor_affine(x, 0.05, 10, 0, 127), torch.fake_quantize_per_channel_affine(x, torch.linspace(0.03, 0.08, 10), torch.zeros(10, dtype=torch.int32), 1, -127, 127)), rows)


@case("quantised", rows)
class Quantised(nn.Module):
    """As convert_pt2e leaves a linear layer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.randint(-127, 127, (4, 10), dtype=torch.int8))
        self.register_buffer("scales", torch.rand(4) / 50)
        self.register_buffer("zeros", torch.zeros(4, dtype=torch.int64))
        self.bias = nn.Parameter(r(4))

    def forward(self, x):
        q = torch.ops.quantized_decomposed
        x = q.dequantize_per_tensor(q.quantize_per_tensor(x, 0.03, -5, -128, 127, torch.int8), 0.03, -5, -128, 127, torch.int8)
        w = q.dequantize_per_channel(self.weight, self.scales, self.zeros, 0, -127, 127, torch.int8)
        y = F.relu(F.linear(x, w, self.bias))
        return q.dequantize_per_tensor(q.quantize_per_tensor(y, 0.05, 0, 0, 200, torch.uint8), 0.05, 0, 0, 200, torch.uint8)


# --- parametrisations, buffers, sharing
case("spectral-norm", rows)(lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(10, 8), n_power_iterations=5), nn.ReLU(), nn.utils.spectral_norm(nn.Linear(8, 4)).requires_grad_(False)))
case("weight-norm", image)(lambda: nn.Sequential(parametrizations.weight_norm(nn.Conv2d(3, 4, 3), dim=0), nn.ReLU(), nn.utils.weight_norm(nn.Conv2d(4, 2, 3), dim=None)))
case("orthogonal-by-cayley", rows, named=True)(lambda: nn.Sequential(parametrizations.orthogonal(nn.Linear(10, 10), orthogonal_map="cayley"), nn.Tanh()))


class Symmetric(nn.Module):
    def forward(self, w):
        return w.triu() + w.triu(1).mT


class Positive(nn.Module):
    def forward(self, w):
        return F.softplus(w)


@case("own-parametrisations", rows)
def parametrised():
    a, b = nn.Linear(10, 10), nn.Linear(10, 3)
    parametrize.register_parametrization(a, "weight", Symmetric())
    parametrize.register_parametrization(b, "weight", Positive())
    return nn.Sequential(a, nn.GELU(), b)


@case("pruned", rows)
def pruned():
    from torch.nn.utils import prune

    net = nn.Sequential(nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 3))
    prune.l1_unstructured(net[0], "weight", 0.4)
    return net


@case("adapted-by-lora", rows)
class Lora(nn.Module):
    def __init__(self):
        super().__init__()
        self.base, self.a, self.b = nn.Linear(10, 10), nn.Parameter(r(2, 10)), nn.Parameter(r(10, 2))

    def forward(self, x):
        return self.base(x) + (x @ self.a.T @ self.b.T) * 0.25


@case("weights-shared-and-tied", rows)
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.f, self.g = nn.Linear(10, 10), nn.Linear(10, 10)
        self.g.weight = self.f.weight
        self.scale = nn.Parameter(torch.tensor(0.5))
        self.register_buffer("mean", r(10))
        self.constant = r(10)

    def forward(self, x):
        y = self.f(self.f(x - self.mean)) * self.scale
        return F.linear(self.g(y), self.f.weight.T) + self.constant.clone()


@case("siamese", rows, r(3, 10))
class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.t = nn.Sequential(nn.Linear(10, 6), nn.Tanh(), nn.Linear(6, 4))
        self.b = nn.Bilinear(4, 4, 2)

    def forward(self, a, b):
        p, q = self.t(a), self.t(b)
        return self.b(p, q), (p - q).pow(2).sum(1).sqrt()


@case("vae", rows)
class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.mu, self.logvar, self.dec = nn.Linear(10, 8), nn.Linear(8, 2), nn.Linear(8, 2), nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 10), nn.Sigmoid())

    def forward(self, x):
        h = F.relu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        return self.dec(mu), mu, torch.exp(0.5 * logvar)


@case("real-nvp", rows)
class Coupling(nn.Module):
    def __init__(self):
        super().__init__()
        self.s, self.t = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 5), nn.Tanh()), nn.Linear(5, 5)
        self.register_buffer("order", torch.randperm(10))

    def forward(self, x):
        a, b = x[:, self.order].tensor_split(2, dim=1)
        s = self.s(a)
        return torch.cat([a, b * torch.exp(s) + self.t(a)], 1), s.sum(dim=1)


@case("dueling-dqn", r(1, 4, 20, 20))
class Dueling(nn.Module):
    def __init__(self):
        super().__init__()
        self.f, self.v, self.a = nn.Sequential(nn.Conv2d(4, 6, 8, 4), nn.ReLU(), nn.Conv2d(6, 8, 4, 2) if False else nn.Conv2d(6, 8, 2, 2), nn.ReLU(), nn.Flatten()), nn.Linear(32, 1), nn.Linear(32, 3)

    def forward(self, x):
        h = self.f(x / 255.0)
        a = self.a(h)
        return self.v(h) + a - a.mean(dim=-1, keepdim=True)


@case("fourier-features", rows)
class Siren(nn.Module):
    def __init__(self):
        super().__init__()
        self.b, self.l, self.o = nn.Parameter(r(10, 6), requires_grad=False), nn.Linear(12, 8), nn.Linear(8, 1)

    def forward(self, x):
        p = torch.pi / 4 * x @ self.b
        return self.o(torch.sin(3 * self.l(torch.cat([p.sin(), p.cos()], -1))))


@case("graph-convolution", r(5, 4))
class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.w2 = nn.Linear(4, 6), nn.Linear(6, 2)
        a = ((torch.rand(5, 5) > 0.5).float() + torch.eye(5)).clamp(max=1)
        d = a.sum(1).rsqrt()
        self.register_buffer("a", d[:, None] * a * d[None])

    def forward(self, x):
        return torch.mm(self.a, self.w2(F.relu(self.a @ self.w1(x))))


@case("mixture-of-experts", rows)
class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.w, self.b = nn.Linear(10, 4), nn.Parameter(r(4, 10, 3) / 3), nn.Parameter(r(4, 3))

    def forward(self, x):
        g = self.gate(x).softmax(-1)
        y = torch.baddbmm(self.b[:, None], x.expand(4, -1, -1), self.w)
        return (g.T[:, :, None] * y).sum(0)


@case("neural-ode-steps", rows)
class Ode(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(11, 8), nn.Tanh(), nn.Linear(8, 10))

    def forward(self, x):
        for i in range(3):
            t = torch.full_like(x[:, :1], i / 3)
            k1 = self.f(torch.cat([x, t], 1))
            k2 = self.f(torch.cat([x + k1 / 6, t], 1))
            x = x + k2 / 3
        return x


@case("time-embedding", image, torch.tensor([3.0, 7.0]))
class Timed(nn.Module):
    def __init__(self):
        super().__init__()
        self.m, self.c, self.n = nn.Sequential(nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, 8)), nn.Conv2d(3, 4, 3, padding=1), nn.GroupNorm(2, 4)

    def forward(self, x, t):
        freqs = torch.exp(-math.log(10000) * torch.arange(0, 4, dtype=torch.float32) / 4)
        args = t[:, None] * freqs[None]
        scale, shift = self.m(torch.cat([torch.cos(args), torch.sin(args)], dim=-1))[:, :, None, None].chunk(2, dim=1)
        return F.silu(self.n(self.c(x)) * (1 + scale) + shift)


@case("temporal-convolutions", r(2, 3, 15))
class Tcn(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.ModuleList(parametrizations.weight_norm(nn.Conv1d(3, 3, 2, padding=2**i, dilation=2**i)) for i in range(3))

    def forward(self, x):
        for i, c in enumerate(self.c):
            x = F.relu(c(x)[:, :, : -(2**i)].contiguous()) + x
        return x


@case("positional-encoding", steps)
class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        pe, position = torch.zeros(50, 12), torch.arange(50).unsqueeze(1)
        div = torch.exp(torch.arange(0, 12, 2) * (-math.log(10000.0) / 12))
        pe[:, 0::2], pe[:, 1::2] = torch.sin(position * div), torch.cos(position * div)
        self.register_buffer("pe", pe.unsqueeze(0))
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.drop(x * math.sqrt(12) + self.pe[:, : x.size(1)].requires_grad_(False))


# --- control flow of torch.export
quick("cond", lambda x: torch.cond(torch.tensor(True), lambda y: y.relu(), lambda y: y * 2, (x,)), rows)
quick("checked", lambda x: (torch._check(x.shape[0] > 0), x * 2)[1] if False else x.mul(2).contiguous(memory_format=torch.contiguous_format), rows)


def numbers(tensor):
    return {"shape": list(tensor.shape), "numbers": [float(f"{value:.9g}") for value in tensor.detach().double().flatten().tolist()]}


def randomised(module):
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
            elif name.endswith("running_mean"):
                buffer.normal_()
    return module


reference = json.load(open(f"{out}/reference.json"))["files"] if only else {}
for name, make, inputs, options in cases:
    if only and name not in only:
        continue
    named = options.pop("named", False)
    module = randomised(make()).eval()
    with torch.no_grad():
        outputs = [y for y in torch.utils._pytree.tree_leaves(module(*inputs)) if isinstance(y, torch.Tensor)]
    ways = {"": {"strict": False}, "-strict": {"strict": True}, "-core": {"strict": False}}
    for way, form in ways.items():
        file = f"{name}{way}"
        try:
            program = torch.export.export(module, inputs, **form, **options)
            if way == "-core":
                program = program.run_decompositions()
            torch.export.save(program, f"{out}/{file}.pt2")
        except Exception as error:
            print(f"{file}: PyTorch does not export it: {str(error).splitlines()[0][:150]}", file=sys.stderr)
            continue
        reference[file] = {"named": named, "inputs": [numbers(x) for x in inputs], "outputs": [numbers(y) for y in outputs]}
json.dump({"torch": torch.__version__, "modules": len(cases), "files": reference}, open(f"{out}/reference.json", "w"))
