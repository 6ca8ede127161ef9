"""Trains the sample networks and writes them as ONNX beside the Python that defines them.

    python3 samples/train.py

Needs PyTorch 1.13 or newer and NumPy; scikit-learn only when digits/images.npy is missing. With onnx and
onnxruntime it also checks what it wrote; the *_dynamo.onnx need onnx and onnxscript beside a newer PyTorch.
Everything is seeded: the same version of PyTorch gives the same weights.
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.utils import parametrize

from digits.residual_cnn import ResidualCNN
from digits.transformer import Transformer
from exporting import export_dynamo, export_torchscript
from two_moons.moons import two_moons
from two_moons.networks import DeepMLP, ShallowMLP, SpectralNormMLP

SAMPLES = Path(__file__).resolve().parent
MOONS = SAMPLES / "two_moons"
DIGITS = SAMPLES / "digits"

# Appendix A.1 of the paper: 100 iterations on 50 points.
MOON_POINTS = 50
MOON_ITERATIONS = 100
MOON_LEARNING_RATE = 0.01

# Fitting the moons needs gradients above 1, so this weighs fit against smoothness: at 1 (and 10, usual for GAN
# critics) one point in eight lands on the wrong side, or more.
PENALTY_WEIGHT = 0.1
PENALTY_NORM = 1.0

# Not shuffled: digits that stand near each other are often by the same hand, and unseen should mean unseen hands.
DIGITS_FOR_TRAINING = 1437
DIGIT_EPOCHS = 60
DIGIT_BATCH = 64
DIGIT_LEARNING_RATE = 0.003


def main():
    torch.set_num_threads(1)  # sums in another order would give other last digits
    train_two_moons_networks()
    train_digit_networks()


def train_two_moons_networks():
    points, labels = two_moons(MOON_POINTS)
    scaled = 10 * points
    np.save(MOONS / "points.npy", points)
    np.save(MOONS / "points_scaled_by_10.npy", scaled)
    np.save(MOONS / "labels.npy", labels)

    print("two moons")
    train_on_moons("shallow", ShallowMLP, points, labels)
    train_on_moons("mlp", DeepMLP, points, labels)
    train_on_moons("mlp_gradient_penalty", DeepMLP, points, labels, penalty=gradient_penalty)
    train_on_moons("spectral_norm_k1", SpectralNormMLP, points, labels)
    train_on_moons("spectral_norm_k10", lambda: SpectralNormMLP(K=10.0), points, labels)
    train_on_moons("spectral_norm_scaled_data", SpectralNormMLP, scaled, labels)


def train_on_moons(name, make_network, points, labels, penalty=None):
    torch.manual_seed(0)
    network = make_network()
    points = torch.from_numpy(points)
    labels = torch.from_numpy(labels).float()
    optimiser = torch.optim.Adam(network.parameters(), lr=MOON_LEARNING_RATE)
    for _ in range(MOON_ITERATIONS):
        loss = F.binary_cross_entropy_with_logits(network(points).squeeze(1), labels)
        if penalty is not None:
            loss = loss + PENALTY_WEIGHT * penalty(network, points, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    bake_in_spectral_norms(network.eval())

    with torch.no_grad():
        accuracy = ((network(points).squeeze(1) > 0) == (labels > 0.5)).float().mean().item()
    norms = ", ".join(f"{spectral_norm_of(layer):.4f}" for layer in linear_layers(network))
    print(f"  {name}: accuracy {accuracy:.2f}, layer norms {norms}")
    export_torchscript(network, points, MOONS / f"{name}.onnx", "point", "logit", any_batch_size=True)


def gradient_penalty(network, points, labels):
    """Gulrajani et al. (2017): gradients of norm K on segments between the two classes, (|grad f| - K)^2.

    Equation 3 of Rosca et al. squares the norm once more; their slides, and the code that people run, do not.
    """
    first, second = points[labels < 0.5], points[labels > 0.5]
    partner = second[torch.randperm(len(second))]
    position = torch.rand(len(first), 1)
    between = (position * first + (1 - position) * partner).requires_grad_()
    (gradient,) = torch.autograd.grad(network(between).sum(), between, create_graph=True)
    return (gradient.norm(dim=1) - PENALTY_NORM).square().mean()


def bake_in_spectral_norms(network):
    """Replaces each normalised layer by a plain one whose norm is 1 by a singular value decomposition.

    Training divides by an estimate from power iteration, which is too small: the norms would be a little above 1.
    """
    for layer in list(network.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight")
            layer.weight.data = with_norm_at_most_one(layer.weight.data)


def with_norm_at_most_one(weight):
    exact = weight.double() / torch.linalg.matrix_norm(weight.double(), 2)
    rounded = exact.float()
    # Rounding to float32 can lift the norm above 1 by some 1e-8; then "1-Lipschitz" would be false.
    while torch.linalg.matrix_norm(rounded.double(), 2) > 1:
        exact *= 1 - 2**-26
        rounded = exact.float()
    return rounded


def spectral_norm_of(layer):
    return torch.linalg.matrix_norm(layer.weight.detach().double(), 2).item()


def linear_layers(network):
    return [module for module in network.modules() if isinstance(module, torch.nn.Linear)]


def train_digit_networks():
    images, labels = digits()
    print("digits")
    for name, make_network in [("residual_cnn", ResidualCNN), ("transformer", Transformer)]:
        network = train_on_digits(name, make_network, images, labels)
        example = images[:1]
        export_torchscript(network, example, DIGITS / f"{name}.onnx", "image", "logits")
        export_dynamo(network, example, DIGITS / f"{name}_dynamo.onnx", "image", "logits")


def digits():
    """Images of shape (count, 1, 8, 8) with pixels in [0, 1], and what they show."""
    if not (DIGITS / "images.npy").exists():
        from sklearn.datasets import load_digits

        data = load_digits()
        # Divided by 16, the largest pixel, and stored as the networks take them: readers need no preprocessing.
        np.save(DIGITS / "images.npy", (data.images[:, None] / 16).astype(np.float32))
        np.save(DIGITS / "labels.npy", data.target.astype(np.uint8))
    images = torch.from_numpy(np.load(DIGITS / "images.npy"))
    labels = torch.from_numpy(np.load(DIGITS / "labels.npy")).long()
    return images, labels


def train_on_digits(name, make_network, images, labels):
    torch.manual_seed(0)
    network = make_network().train()
    train_images, train_labels = images[:DIGITS_FOR_TRAINING], labels[:DIGITS_FOR_TRAINING]
    optimiser = torch.optim.Adam(network.parameters(), lr=DIGIT_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, DIGIT_EPOCHS)
    for _ in range(DIGIT_EPOCHS):
        for batch in torch.randperm(len(train_images)).split(DIGIT_BATCH):
            loss = F.cross_entropy(network(train_images[batch]), train_labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    network.eval()
    trained = digit_accuracy(network, train_images, train_labels)
    unseen = digit_accuracy(network, images[DIGITS_FOR_TRAINING:], labels[DIGITS_FOR_TRAINING:])
    print(f"  {name}: accuracy {trained:.3f} on the digits trained on, {unseen:.3f} on unseen ones")
    return network


def digit_accuracy(network, images, labels):
    with torch.no_grad():
        return (network(images).argmax(dim=1) == labels).float().mean().item()


if __name__ == "__main__":
    main()
