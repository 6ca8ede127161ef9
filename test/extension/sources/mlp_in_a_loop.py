from torch import nn


class Policy(nn.Module):
    def __init__(self, observations, width, depth, actions):
        super().__init__()
        layers = [nn.Linear(observations, width), nn.Tanh()]
        for _ in range(depth):
            layers += [nn.Linear(width, width), nn.Tanh()]
        layers.append(nn.Linear(width, actions))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)
