"""One pass of a fast style network, as it is written in PyTorch. Run by bench/onePass.ts.

    python3 bench/one_pass_pytorch.py HEIGHT WIDTH RUNS WIDTH1 WIDTH2 WIDTH3 BLOCKS

Numbers are random: the time does not depend on their values.
"""

import torch
import torch.nn.functional as F

from peer import report, size_and_runs


def convolution(x, kernel, stride=1):
    around = kernel.shape[-1] // 2
    return F.conv2d(F.pad(x, (around,) * 4, mode="reflect"), kernel, stride=stride)


def main():
    height, width, runs, w1, w2, w3, blocks = size_and_runs()
    torch.manual_seed(0)

    def layer(side, channels, to):
        return torch.randn(to, channels, side, side) * (2 / (side * side * channels)) ** 0.5, torch.ones(to), torch.zeros(to)

    encoder = [(layer(5, 3, w1), 1), (layer(3, w1, w2), 2), (layer(3, w2, w3), 2)]
    residuals = [(layer(3, w3, w3), layer(3, w3, w3)) for _ in range(blocks)]
    decoder = [layer(3, w3, w2), layer(3, w2, w1)]
    output, _, bias = layer(5, w1, 3)

    def normalised(x, numbers, stride=1):
        kernel, scale, shift = numbers
        return F.instance_norm(convolution(x, kernel, stride), weight=scale, bias=shift)

    def network(image):
        x = image / 127.5 - 1
        sizes = []
        for numbers, stride in encoder:
            x = F.relu_(normalised(x, numbers, stride))
            sizes.append(x.shape[2:])
        for first, second in residuals:
            x = x + normalised(F.relu_(normalised(x, first)), second)
        for numbers, size in zip(decoder, (sizes[1], sizes[0])):
            x = F.relu_(normalised(F.interpolate(x, size=size, mode="nearest"), numbers))
        return (convolution(x, output) + bias.view(1, 3, 1, 1)).tanh().mul(150).add(127.5).clamp(0, 255)

    image = torch.rand(1, 3, height, width) * 255
    with torch.inference_mode():
        report(lambda: network(image), runs, torch.__version__)


if __name__ == "__main__":
    main()
