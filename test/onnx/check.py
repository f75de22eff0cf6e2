"""Runs the models that check.ts exported into FOLDER, and compares what Python computes with what compile computed."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

# Of the greatest value of an output. Both are ONNX Runtime, but not the same release: sums may be taken in another order.
TOLERANCE = 1e-5


def array(folder, name, shape):
    return np.fromfile(folder / name, dtype="<f4").reshape(shape)


def check(folder, path):
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(path)
    shapes = json.loads(path.with_suffix(".json").read_text())
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {each.name: array(folder, f"{path.stem}.{each.name}.bin", shapes.pop(each.name)) for each in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    assert sorted(names) == sorted(shapes), f"outputs {names}, not {list(shapes)}"
    opset = max(each.version for each in model.opset_import)
    print(f"{path.name}: {model.producer_name} {model.producer_version}, opset {opset}, {len(model.graph.node)} nodes")
    for name, came in zip(names, session.run(names, feeds)):
        expected = array(folder, f"{path.stem}.{name}.bin", shapes[name])
        error = np.abs(came - expected).max() / np.abs(expected).max()
        print(f"  {name} {list(came.shape)}: greatest error / greatest value = {error:.1e}")
        assert came.shape == expected.shape and error <= TOLERANCE, name


def main():
    folder = Path(sys.argv[1])
    paths = sorted(folder.glob("*.onnx"))
    assert paths, f"No models in {folder}."
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    for path in paths:
        check(folder, path)


main()
