"""One loss and gradient of the chapter's problem, as it is written in PyTorch. Run by bench/engine.ts.

    python3 bench/pytorch_peer.py HEIGHT WIDTH RUNS

Weights are random: the time does not depend on their values.
"""

import torch
import torch.nn.functional as F

from peer import CONTENT_LAYER, STYLE_LAYERS, convolutions, features, report, size_and_runs


def gram_matrix(x):
    flat = x.flatten(1)
    return flat @ flat.T


def total_variation_loss(x):
    a = (x[:, :, :-1, :-1] - x[:, :, 1:, :-1]).square()
    b = (x[:, :, :-1, :-1] - x[:, :, :-1, 1:]).square()
    return (a + b).pow(1.25).sum()


def main():
    height, width, runs = size_and_runs()
    torch.manual_seed(0)
    weights = {
        name: (torch.randn(to, channels, 3, 3) * (2 / (9 * channels)) ** 0.5, torch.zeros(to))
        for name, channels, to in convolutions()
    }

    def network(x):
        return features(x, lambda name, y: F.relu(F.conv2d(y, *weights[name], padding=1)), lambda y: F.max_pool2d(y, 2))

    def picture():
        return torch.randn(1, 3, height, width) * 60

    with torch.no_grad():
        content = network(picture())[CONTENT_LAYER]
        style = network(picture())
        grams = {layer: gram_matrix(style[layer][0]) for layer in STYLE_LAYERS}
        del style
    x = picture().requires_grad_()

    def evaluate():
        outputs = network(x)
        loss = 0.025 * (outputs[CONTENT_LAYER] - content).square().sum()
        for layer in STYLE_LAYERS:
            difference = (gram_matrix(outputs[layer][0]) - grams[layer]).square().sum()
            loss = loss + difference / (4 * 3**2 * (height * width) ** 2) / len(STYLE_LAYERS)
        loss = loss + 1e-4 * total_variation_loss(x)
        torch.autograd.grad(loss, x)

    report(evaluate, runs, torch.__version__)


if __name__ == "__main__":
    main()
