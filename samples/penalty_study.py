"""Where a gradient penalty makes the two-moons network smooth: the table of docs/gallery.md.

    python3 samples/penalty_study.py

Trains the deep network with penalties at several places, of several weights and norms, for several times, and prints the median length of its gradient by the distance to the nearest data point.
Needs PyTorch; about ten seconds of one core. Writes nothing.
"""

import torch
from torch.nn import functional as F

from two_moons.moons import two_moons
from two_moons.networks import DeepMLP

BINS = [(0, 0.3), (0.3, 0.6), (0.6, 1), (1, 2), (2, 5)]

# Place, weight, norm, exponent inside of the square, iterations, learning rate, and a factor for the first layer's
# biases at the start: large ones put kinks far from the data.
SETTINGS = [
    (None, 0, 0, 1, 100, 0.01, 1),
    ("between", 0.1, 1, 1, 100, 0.01, 1),
    ("between", 10, 1, 1, 100, 0.01, 1),
    ("data", 0.001, 1, 1, 100, 0.01, 1),
    ("data", 0.01, 1, 1, 100, 0.01, 1),
    ("data", 0.1, 1, 1, 100, 0.01, 1),
    ("data", 1, 1, 1, 100, 0.01, 1),
    ("data", 10, 1, 1, 100, 0.01, 1),
    ("data", 0.01, 1, 2, 100, 0.01, 1),
    ("data", 1, 1, 2, 100, 0.01, 1),
    ("data", 0.1, 0, 1, 100, 0.01, 1),
    ("data", 0.01, 0, 1, 300, 0.01, 1),
    ("data", 0.1, 1, 1, 500, 0.01, 1),
    ("data", 1, 1, 1, 500, 0.01, 1),
    (None, 0, 0, 1, 100, 0.001, 1),
    ("data", 0.1, 1, 1, 100, 0.001, 1),
    ("data", 1, 1, 1, 100, 0.001, 1),
    (None, 0, 0, 1, 100, 0.01, 8),
    ("data", 0.1, 1, 1, 100, 0.01, 8),
    ("data", 1, 1, 1, 100, 0.01, 8),
]


def main():
    torch.set_num_threads(1)
    points, labels = (torch.from_numpy(array) for array in two_moons(50))
    line = torch.linspace(-6, 6, 121)
    grid = torch.cartesian_prod(line, line)
    distance = torch.cdist(grid, points).min(dim=1).values
    print("| place | weight | norm | exponent | iterations | rate | biases | accuracy | " + " | ".join(f"{a} to {b}" for a, b in BINS) + " |")
    print("|" + " --- |" * (8 + len(BINS)))
    for setting in SETTINGS:
        network = trained(points, labels.float(), *setting)
        with torch.no_grad():
            accuracy = ((network(points).squeeze(1) > 0) == (labels > 0)).float().mean().item()
        slopes = gradients(network, grid).norm(dim=1)
        medians = [slopes[(distance >= a) & (distance < b)].median().item() for a, b in BINS]
        place, *numbers = setting
        print(f"| {place or 'none'} | {' | '.join(f'{number:g}' for number in numbers)} | {accuracy:.2f} | {' | '.join(f'{value:.3g}' for value in medians)} |", flush=True)


def trained(points, labels, place, weight, norm, exponent, iterations, rate, biases):
    torch.manual_seed(0)
    network = DeepMLP()
    with torch.no_grad():
        network.layers[0].bias *= biases
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(iterations):
        loss = F.binary_cross_entropy_with_logits(network(points).squeeze(1), labels)
        if place is not None:
            at = points if place == "data" else between(points, labels)
            length = gradients(network, at, create_graph=True).norm(dim=1)
            loss = loss + weight * (length**exponent - norm**exponent).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()


def gradients(network, points, create_graph=False):
    points = points.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(points).sum(), points, create_graph=create_graph)
    return gradient


def between(points, labels):
    """Random places on segments between points of different moons (Gulrajani et al. 2017)."""
    first, second = points[labels < 0.5], points[labels > 0.5]
    position = torch.rand(len(first), 1)
    return position * first + (1 - position) * second[torch.randperm(len(second))]


if __name__ == "__main__":
    main()
