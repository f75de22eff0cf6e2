"""What the peers of bench/engine.ts have in common: VGG19's form, the chapter's layers, and how one is timed."""

import json
import resource
import sys
import time

# Convolutions and their channels, block by block.
BLOCKS = [(2, 64), (2, 128), (4, 256), (4, 512), (2, 512)]
STYLE_LAYERS = [f"block{i}_conv1" for i in range(1, 6)]
CONTENT_LAYER = "block5_conv2"


def convolutions():
    """Names, channels in and channels out."""
    channels = 3
    for block, (count, width) in enumerate(BLOCKS, 1):
        for i in range(1, count + 1):
            yield f"block{block}_conv{i}", channels, width
            channels = width


def features(x, convolve, pool):
    """Activations by layer. convolve(name, x) is a convolution with its ReLU."""
    outputs = {}
    for block, (count, _) in enumerate(BLOCKS, 1):
        if block > 1:
            x = pool(x)
        for i in range(1, count + 1):
            name = f"block{block}_conv{i}"
            x = outputs[name] = convolve(name, x)
    return outputs


def size_and_runs():
    """HEIGHT WIDTH RUNS of the command line."""
    return map(int, sys.argv[1:])


def report(evaluate, runs, version):
    """Prints one line of JSON: seconds of each run, and the peak memory of the process in megabytes."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        evaluate()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMegabytes": peak, "version": version}))
