"""One loss and gradient of the chapter's problem, as it is written in PyTorch. Run by bench/engine.ts.

    python3 bench/pytorch_peer.py HEIGHT WIDTH RUNS

Weights are random: the time does not depend on their values. Prints one line of JSON: seconds of each run, and the peak
memory of the process in megabytes.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

BLOCKS = [(2, 64), (2, 128), (4, 256), (4, 512), (2, 512)]
STYLE_LAYERS = [f"block{i}_conv1" for i in range(1, 6)]
CONTENT_LAYER = "block5_conv2"


def random_weights():
    weights, channels = {}, 3
    for block, (convolutions, width) in enumerate(BLOCKS, 1):
        for i in range(1, convolutions + 1):
            scale = (2 / (9 * channels)) ** 0.5
            weights[f"block{block}_conv{i}"] = (torch.randn(width, channels, 3, 3) * scale, torch.zeros(width))
            channels = width
    return weights


def features(x, weights):
    outputs = {}
    for block, (convolutions, _) in enumerate(BLOCKS, 1):
        if block > 1:
            x = F.max_pool2d(x, 2)
        for i in range(1, convolutions + 1):
            name = f"block{block}_conv{i}"
            x = F.relu(F.conv2d(x, *weights[name], padding=1))
            outputs[name] = x
    return outputs


def gram_matrix(x):
    flat = x.flatten(1)
    return flat @ flat.T


def total_variation_loss(x):
    a = (x[:, :, :-1, :-1] - x[:, :, 1:, :-1]).square()
    b = (x[:, :, :-1, :-1] - x[:, :, :-1, 1:]).square()
    return (a + b).pow(1.25).sum()


def main():
    height, width, runs = map(int, sys.argv[1:])
    torch.manual_seed(0)
    weights = random_weights()
    with torch.no_grad():
        content = features(torch.randn(1, 3, height, width) * 60, weights)[CONTENT_LAYER]
        style = features(torch.randn(1, 3, height, width) * 60, weights)
        grams = {layer: gram_matrix(style[layer][0]) for layer in STYLE_LAYERS}
        del style
    x = (torch.randn(1, 3, height, width) * 60).requires_grad_()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        outputs = features(x, weights)
        loss = 0.025 * (outputs[CONTENT_LAYER] - content).square().sum()
        for layer in STYLE_LAYERS:
            difference = (gram_matrix(outputs[layer][0]) - grams[layer]).square().sum()
            loss = loss + difference / (4 * 3**2 * (height * width) ** 2) / len(STYLE_LAYERS)
        loss = loss + 1e-4 * total_variation_loss(x)
        torch.autograd.grad(loss, x)
        del outputs, loss
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMegabytes": peak, "version": torch.__version__}))


if __name__ == "__main__":
    main()
