"""An electrocardiogram told 160 ms ahead by WaveNet's causal stack, at five reaches.

    make train NAME=ecg_forecast

Writes `ecg_forecast_72`, `_160`, `_528`, `_1032` and `_2048`, named by their reach in milliseconds.
The five have the same eight blocks and differ in their rates alone. They learn from the first five
seconds of a recording of twelve leads; the learning rate is chosen on the next two and a half, and
the last two and a half test. Five seconds hold few beats: in training each piece is a lead of its
own, a random sum of the twelve, and its time is stretched at random, so that the length of a beat
has to be read off the signal. Errors are over all leads, and over the six of the chest: in the part
that tests, the limb leads III and aVL drift away from their means. The cards hold what was tried,
and what all seeds reached, also without that stretching.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import card
import numpy as np
from threadpoolctl import threadpool_limits

from convlib import data
from convlib.networks.layers import Conv1d, Identity, ReLU, Sigmoid, Tanh, ZeroPad1d
from convlib.networks.network import Add, Multiply, Sequential
from convlib.nn import Adam, Model, cosine, fit, mse_loss

STEP, AHEAD, WIDTH, BLOCKS = 8, 20, 8, 8  # ms a sample, samples, channels, blocks
RATES = {1 + sum(rates): rates for rates in (  # by how many samples an output sees
    (1,) * 8, (1, 2, 4, 8, 1, 1, 1, 1), (1, 2, 4, 8, 16, 32, 1, 1), (1, 2, 4, 8, 16, 32, 64, 1),
    (1, 2, 4, 8, 16, 32, 64, 128))}
CHEST = slice(6, 12)  # V1 to V6 among the leads
LONGEST, SCORED = max(RATES), 160  # samples that lead to an output, and outputs that are scored
STEPS, BATCH, STRETCH, SEEDS, KEPT = 600, 8, 0.25, range(3), 0
LRS, TRIAL_SEEDS = (3e-3, 1e-2), (5,)  # chosen by other seeds than those that are tested
TRAIN, CHOOSE, TEST = (0, 625), (625, 937), (937, 1250)  # samples to be told


def network(rates):
    """Return a causal network for (1, L): what each sample will be `AHEAD` samples later."""
    blocks = []
    for rate in rates:
        conv = Conv1d(WIDTH, WIDTH, 2, dilation=rate)
        gated = Multiply(Sequential(conv, Tanh(), name="filter"),
                         Sequential(conv, Sigmoid(), name="gate"))
        blocks.append(Add(Sequential(ZeroPad1d((rate, 0)), gated, Conv1d(WIDTH, WIDTH, 1)),
                          Identity()))
    return Sequential(Conv1d(1, WIDTH, 1), *blocks, ReLU(), Conv1d(WIDTH, 2 * WIDTH, 1), ReLU(),
                      Conv1d(2 * WIDTH, 1, 1))


def leads():
    """Return twelve leads, 1,000 samples a second, by each one's mean and spread in TRAIN.

    Each sample is the mean of those within a step of 125 a second, so that every eighth is enough.
    """
    mean = np.cumsum(np.pad(data.ecg12(), ((0, 0), (1, 0))), axis=1)
    mean = (mean[:, STEP:] - mean[:, :-STEP]) / STEP
    seen = mean[:, : TRAIN[1] * STEP]
    return (mean - seen.mean(1, keepdims=True)) / seen.std(1, keepdims=True)


def crops(count, stretch, seed):
    """Return pieces of TRAIN with time stretched, and what follows 160 ms later: (count, 1, L).

    Each is a random sum of the twelve leads: the heart as another lead would show it.
    """
    rng, signals, length = np.random.default_rng(seed), leads(), LONGEST - 1 + SCORED + AHEAD
    pieces, last = np.empty((count, 1, length), np.float32), TRAIN[1] * STEP - 1
    for piece in pieces:
        step = STEP * rng.uniform(1 - stretch, 1 + stretch)
        times = rng.uniform(0, last - step * (length - 1)) + step * np.arange(length)
        signal = rng.standard_normal(len(signals)) @ signals[:, : last + 1]
        piece[0] = np.interp(times, np.arange(last + 1), signal / signal.std())
    return pieces[..., :-AHEAD], pieces[..., AHEAD:]


def scored_loss(output, target):
    """Return the mean squared error where an output of every reach has all that it looks at."""
    gradient = np.zeros_like(output)
    loss, gradient[..., -SCORED:] = mse_loss(output[..., -SCORED:], target[..., -SCORED:])
    return loss, gradient


def error(model, part=TEST, chosen=slice(None)):
    """Return the mean squared error over the samples of a part that lie far enough behind 0."""
    signals = np.float32(leads()[chosen, ::STEP])[:, None]
    told, first = model(signals[..., :-AHEAD]), max(part[0], LONGEST - 1 + AHEAD)
    part = slice(first - AHEAD, part[1] - AHEAD)
    difference = told[..., part] - signals[..., AHEAD:][..., part]
    return round(float((difference**2).mean()), 4)


def errors(model, part=TEST):
    """Return the error over all leads, and over those of the chest."""
    return {"error": error(model, part), "chest": error(model, part, CHEST)}


def baselines():
    """Return the errors of three guesses; the beat is as long as serves TRAIN best."""
    def shifted(lag):  # the sample so far before the one that is to be told
        return lambda x: np.pad(x, ((0, 0), (0, 0), (lag - AHEAD, 0)))[..., : x.shape[-1]]

    beat = min(range(60, 200), key=lambda lag: error(shifted(lag), TRAIN))
    return {"mean of the training part": errors(np.zeros_like),
            "last value": errors(shifted(AHEAD)), "one beat before": errors(shifted(beat)),
            "beat in ms": beat * STEP}


def learn(reach, lr, stretch, seed, part=TEST):
    """Train one network; return it, and its errors in TRAIN and in a part."""
    model = Model(network(RATES[reach]), seed=seed)
    x, target = crops(STEPS * BATCH, stretch, seed)
    with threadpool_limits(1):  # another runs beside it
        fit(model, x, target, scored_loss, Adam(model.weights, lr), epochs=1, batch_size=BATCH,
            schedule=cosine, seed=seed)
    found = {"train": error(model, TRAIN)} | errors(model, part)
    print(f"reach {reach}, rate {lr}, stretched {stretch}, seed {seed}: {found}", flush=True)
    return model, found


def choose(pool):
    """Return {reach: {learning rate: mean error where it is chosen}}."""
    jobs = [(reach, lr, STRETCH, seed, CHOOSE)
            for reach, lr, seed in product(RATES, LRS, TRIAL_SEEDS)]
    found = [each["error"] for _, each in pool.map(learn, *zip(*jobs, strict=True))]
    means = np.reshape(found, (len(RATES), len(LRS), -1)).mean(-1).round(4)
    return {reach: dict(zip(LRS, each.tolist(), strict=True))
            for reach, each in zip(RATES, means, strict=True)}


def main():
    """Choose the learning rates, train all, and keep one network of each reach."""
    with ProcessPoolExecutor(2) as pool:
        tried = choose(pool)
        best = {reach: min(each, key=each.get) for reach, each in tried.items()}
        jobs = [(reach, best[reach], stretch, seed) for reach in RATES for seed in SEEDS
                for stretch in ((STRETCH, 0) if reach == LONGEST else (STRETCH,))]
        found = dict(zip(jobs, pool.map(learn, *zip(*jobs, strict=True)), strict=True))

    def seeds(reach, stretch=STRETCH):
        return [found[reach, best[reach], stretch, seed][1] for seed in SEEDS]

    every = {str(reach * STEP): seeds(reach) for reach in RATES}
    for reach, rates in RATES.items():

        def metrics(model, reach=reach):
            return errors(model) | {"learning rate": best[reach],
                    "tried": [list(each) for each in tried[reach].items()], "all seeds": every,
                    "not stretched": seeds(LONGEST, 0), "baselines": baselines()}

        card.keep(f"ecg_forecast_{reach * STEP}", found[reach, best[reach], STRETCH, KEPT][0],
                  metrics, script=__file__, seed=KEPT, package="pydicom",
                  files=["data/test_files/waveform_ecg.dcm"],
                  title=f"A heartbeat 160 ms ahead: causal blocks at rates "
                        f"{', '.join(map(str, rates))}, {reach * STEP} ms, {STEPS} steps")


if __name__ == "__main__":
    main()
