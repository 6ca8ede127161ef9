"""Saves one network in every format: python make-models.py (PyTorch, onnx, onnxscript, safetensors, TensorFlow, Keras).

A convolution and two dense layers with ReLUs: small enough that its constant is found exactly, so that the intervals of all files must agree.
TensorFlow.js writes its layers model itself, in the test, from weights.json.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
import tensorflow as tf
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent / "models"
sys.path.insert(0, str(here.parent.parent / "tfjs"))
graphs = __import__("make-graphs")
L = keras.layers


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 2, stride=2)
        self.hidden = torch.nn.Linear(8, 3)
        self.out = torch.nn.Linear(3, 2)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.out(torch.relu(self.hidden(torch.flatten(x, 1))))


torch.manual_seed(3)
net = Net().eval()
example = (torch.zeros(1, 1, 4, 4),)
weights = {name: tensor.detach().numpy() for name, tensor in net.state_dict().items()}

torch.export.save(torch.export.export(net, example), here / "net.pt2")
torch.onnx.export(net, example, here / "net.onnx", dynamo=True, external_data=False)
torch.save(net.state_dict(), here / "net.pth")
save_file(net.state_dict(), here / "net.safetensors")

model = keras.Sequential([keras.Input((4, 4, 1)), L.Conv2D(2, 2, strides=2, activation="relu", name="conv"), L.Flatten(),
                          L.Dense(3, activation="relu", name="hidden"), L.Dense(2, name="out")])
# Keras flattens with the channels last, PyTorch with the channels first.
hidden = weights["hidden.weight"].reshape(3, 2, 2, 2).transpose(0, 2, 3, 1).reshape(3, 8)
ours = [weights["conv.weight"].transpose(2, 3, 1, 0), weights["conv.bias"], hidden.T, weights["hidden.bias"], weights["out.weight"].T, weights["out.bias"]]
model.set_weights(ours)
model.save(here / "net.keras")
model.save(here / "net.h5")

graphs.here = here
graphs.write("tfjs-graph", lambda x: model(x, training=False), [tf.TensorSpec([None, 4, 4, 1], tf.float32, name="x")])

(here / "weights.json").write_text(json.dumps([{"shape": list(w.shape), "values": [float(v) for v in w.ravel()]} for w in ours]))
x = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
print(net(x).detach().numpy(), model(x.numpy().transpose(0, 2, 3, 1)).numpy())
