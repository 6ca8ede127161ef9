"""The classifiers of two moons in Rosca et al., "A case for new neural network smoothness constraints" (2020).

Appendix A.1: the deep network has 100, 100, 100 and 1 units, the shallow one 100 and 1.
Each maps a point (x1, x2) to one logit; its sign is the predicted moon.
"""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


class DeepMLP(nn.Module):
    """Figure 2b without regularisation, Figure 2c when trained with a gradient penalty."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, 100),
            nn.ReLU(),
            nn.Linear(100, 100),
            nn.ReLU(),
            nn.Linear(100, 100),
            nn.ReLU(),
            nn.Linear(100, 1),
        )

    def forward(self, points):
        return self.layers(points)


class ShallowMLP(nn.Module):
    """The shallow network of appendix A.1: smoother by having fewer layers."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 100)
        self.output = nn.Linear(100, 1)

    def forward(self, points):
        return self.output(torch.relu(self.hidden(points)))


class SpectralNormMLP(nn.Module):
    """Figures 2d to 2f: every layer has norm 1, so the network is K-Lipschitz by construction."""

    def __init__(self, K=1.0):
        super().__init__()
        self.K = K
        self.hidden1 = spectral_norm(nn.Linear(2, 100))
        self.hidden2 = spectral_norm(nn.Linear(100, 100))
        self.hidden3 = spectral_norm(nn.Linear(100, 100))
        self.output = spectral_norm(nn.Linear(100, 1))

    def forward(self, points):
        features = torch.relu(self.hidden1(points))
        features = torch.relu(self.hidden2(features))
        features = torch.relu(self.hidden3(features))
        logit = self.output(features)
        # K stands in one place, after the last layer, so that each layer keeps norm 1 whatever K is.
        # ReLU being positively homogeneous, K^(1/4) in each layer would describe the same set of functions.
        return logit if self.K == 1 else self.K * logit
