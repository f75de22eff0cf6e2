"""One loss and gradient of the chapter's problem, as it is written in TensorFlow, compiled by tf.function. Run by bench/engine.ts.

    python3 bench/tensorflow_peer.py HEIGHT WIDTH RUNS

Weights are random: the time does not depend on their values.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from peer import CONTENT_LAYER, STYLE_LAYERS, convolutions, features, report, size_and_runs


def gram_matrix(x):
    flat = tf.reshape(x, [-1, x.shape[-1]])
    return tf.matmul(flat, flat, transpose_a=True)


def total_variation_loss(x):
    a = tf.square(x[:, :-1, :-1, :] - x[:, 1:, :-1, :])
    b = tf.square(x[:, :-1, :-1, :] - x[:, :-1, 1:, :])
    return tf.reduce_sum(tf.pow(a + b, 1.25))


def main():
    height, width, runs = size_and_runs()
    tf.random.set_seed(0)
    weights = {
        name: (tf.random.normal([3, 3, channels, to]) * (2 / (9 * channels)) ** 0.5, tf.zeros([to]))
        for name, channels, to in convolutions()
    }

    def convolve(name, x):
        filters, bias = weights[name]
        return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, filters, 1, "SAME"), bias))

    def network(x):
        return features(x, convolve, lambda y: tf.nn.max_pool2d(y, 2, 2, "VALID"))

    def picture():
        return tf.random.normal([1, height, width, 3]) * 60

    content = network(picture())[CONTENT_LAYER]
    style = network(picture())
    grams = {layer: gram_matrix(style[layer]) for layer in STYLE_LAYERS}
    del style

    @tf.function
    def loss_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = network(x)
            loss = 0.025 * tf.reduce_sum(tf.square(outputs[CONTENT_LAYER] - content))
            for layer in STYLE_LAYERS:
                difference = tf.reduce_sum(tf.square(gram_matrix(outputs[layer]) - grams[layer]))
                loss += difference / (4 * 3**2 * (height * width) ** 2) / len(STYLE_LAYERS)
            loss += 1e-4 * total_variation_loss(x)
        return loss, tape.gradient(loss, x)

    x = picture()
    report(lambda: loss_and_gradient(x)[1].numpy(), runs, tf.__version__)


if __name__ == "__main__":
    main()
