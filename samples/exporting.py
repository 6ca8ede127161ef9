"""Writes trained networks as ONNX, by both exporters of PyTorch, and checks what was written."""

import inspect
import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

REPOSITORY = Path(__file__).resolve().parent.parent

# Debian's PyTorch 1.13 exports without the onnx package; checks that a package is missing for are left out, aloud.
try:
    import onnx
except ImportError:
    onnx = None
try:
    import onnxruntime
except ImportError:
    onnxruntime = None

OFFERS_TWO_EXPORTERS = "dynamo" in inspect.signature(torch.onnx.export).parameters
HAS_DYNAMO_EXPORTER = OFFERS_TWO_EXPORTERS and onnx is not None and find_spec("onnxscript") is not None


def export_torchscript(network, example, file, input_name, output_name, any_batch_size=False):
    """The older exporter: parameters keep their state_dict names, nodes are named by scope (/blocks.0/conv1/Conv)."""
    options = {"dynamo": False} if OFFERS_TWO_EXPORTERS else {}
    axes = {input_name: {0: "batch"}, output_name: {0: "batch"}} if any_batch_size else None
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer versions announce that this exporter is the older one
        torch.onnx.export(
            network.eval(),
            example,
            str(file),
            input_names=[input_name],
            output_names=[output_name],
            dynamic_axes=axes,
            # Below 17, LayerNorm is written out in small operators, as in most files that people have.
            opset_version=16,
            # PRESERVE and no folding: otherwise BatchNorm disappears into the convolution before it.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            **options,
        )
    check(network, example, file)


def export_dynamo(network, example, file, input_name, output_name):
    """The newer exporter: each node carries the lines of Python that it comes from.

    Its optimiser stays on, as in the files that people have: BatchNorm is folded into the convolution, which then
    carries the scope of the BatchNorm; weights of MatMul lose their state_dict names.
    """
    if not HAS_DYNAMO_EXPORTER:
        print(f"  {file.name}: left as it is, for it needs PyTorch 2.6 or newer with onnx and onnxscript")
        return
    program = torch.onnx.export(
        network.eval(),
        (example,),
        input_names=[input_name],
        output_names=[output_name],
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    make_paths_relative(model)
    onnx.save(model, str(file))
    check(network, example, file)


def make_paths_relative(model):
    """Stack traces name the folders of the exporting machine, which are nobody's business."""
    for message in messages_with_metadata(model.graph):
        for entry in message.metadata_props:
            entry.value = relative_paths(entry.value)


def messages_with_metadata(graph):
    return [graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]


def relative_paths(text):
    text = text.replace(f"{REPOSITORY}/", "")
    return re.sub(r'"/[^"\n]*/(?:site|dist)-packages/', '"', text)


def check(network, example, file):
    refuse_machine_paths(file)
    verdicts = []
    if onnx is None:
        verdicts.append("not checked: no onnx")
    else:
        onnx.checker.check_model(str(file), full_check=True)
    if onnxruntime is None:
        verdicts.append("not run: no onnxruntime")
    else:
        verdicts.append(f"differs from PyTorch by {difference_from_torch(network, example, file):.1e}")
    print(f"  {file.name}: {file.stat().st_size // 1024} KiB, {', '.join(verdicts)}")


def refuse_machine_paths(file):
    absolute = re.search(rb"(?<![\w.:/-])/(?:[\w.+-]+/)+[\w.+-]+\.py", file.read_bytes())
    for path in [str(REPOSITORY), str(Path.home()), sys.prefix]:
        if absolute or path.encode() in file.read_bytes():
            raise SystemExit(f"{file} names a folder of this machine: {absolute[0].decode() if absolute else path}")


def difference_from_torch(network, example, file):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    actual = session.run(None, {session.get_inputs()[0].name: example.numpy()})[0]
    with torch.no_grad():
        expected = network(example).numpy()
    difference = float(np.abs(actual - expected).max())
    if difference > 1e-4 * max(1.0, float(np.abs(expected).max())):
        raise SystemExit(f"{file}: ONNX Runtime and PyTorch differ by {difference}")
    return difference
