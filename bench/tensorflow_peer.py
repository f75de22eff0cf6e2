"""One loss and gradient of the chapter's problem, as it is written in TensorFlow, compiled by tf.function. Run by bench/engine.ts.

    python3 bench/tensorflow_peer.py HEIGHT WIDTH RUNS

Weights are random: the time does not depend on their values. Prints one line of JSON: seconds of each run, and the peak
memory of the process in megabytes.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

BLOCKS = [(2, 64), (2, 128), (4, 256), (4, 512), (2, 512)]
STYLE_LAYERS = [f"block{i}_conv1" for i in range(1, 6)]
CONTENT_LAYER = "block5_conv2"


def random_weights():
    weights, channels = {}, 3
    for block, (convolutions, width) in enumerate(BLOCKS, 1):
        for i in range(1, convolutions + 1):
            scale = (2 / (9 * channels)) ** 0.5
            filters = tf.random.normal([3, 3, channels, width]) * scale
            weights[f"block{block}_conv{i}"] = (filters, tf.zeros([width]))
            channels = width
    return weights


def features(x, weights):
    outputs = {}
    for block, (convolutions, _) in enumerate(BLOCKS, 1):
        if block > 1:
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        for i in range(1, convolutions + 1):
            name = f"block{block}_conv{i}"
            filters, bias = weights[name]
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, filters, 1, "SAME"), bias))
            outputs[name] = x
    return outputs


def gram_matrix(x):
    flat = tf.reshape(x, [-1, x.shape[-1]])
    return tf.matmul(flat, flat, transpose_a=True)


def total_variation_loss(x):
    a = tf.square(x[:, :-1, :-1, :] - x[:, 1:, :-1, :])
    b = tf.square(x[:, :-1, :-1, :] - x[:, :-1, 1:, :])
    return tf.reduce_sum(tf.pow(a + b, 1.25))


def main():
    height, width, runs = map(int, sys.argv[1:])
    tf.random.set_seed(0)
    weights = random_weights()
    content = features(tf.random.normal([1, height, width, 3]) * 60, weights)[CONTENT_LAYER]
    style = features(tf.random.normal([1, height, width, 3]) * 60, weights)
    grams = {layer: gram_matrix(style[layer]) for layer in STYLE_LAYERS}
    del style

    @tf.function
    def loss_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = features(x, weights)
            loss = 0.025 * tf.reduce_sum(tf.square(outputs[CONTENT_LAYER] - content))
            for layer in STYLE_LAYERS:
                difference = tf.reduce_sum(tf.square(gram_matrix(outputs[layer]) - grams[layer]))
                loss += difference / (4 * 3**2 * (height * width) ** 2) / len(STYLE_LAYERS)
            loss += 1e-4 * total_variation_loss(x)
        return loss, tape.gradient(loss, x)

    x = tf.random.normal([1, height, width, 3]) * 60
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        _, gradient = loss_and_gradient(x)
        gradient.numpy()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMegabytes": peak, "version": tf.__version__}))


if __name__ == "__main__":
    main()
