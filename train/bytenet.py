"""Chinese numerals put into English words, letter by letter, by dilated convolutions.

    make train NAME=bytenet

Writes `bytenet_encoder` and `bytenet_decoder`, and `bytenet_plain_encoder` and
`bytenet_plain_decoder`, which are the same networks at rate 1. After ByteNet, the encoder reads a
whole numeral; the decoder, of causal convolutions, reads the encoder's maps up to a place and the
letters before it, and scores the next letter. The task is the numbers from 1 to 999; four in five
are learned from, and the others test. The learning rate is chosen on a fifth of those that are
learned from. The cards hold what was tried, what all seeds reached, and the pairs that test.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import card
import numpy as np
from threadpoolctl import threadpool_limits

from convlib.networks.layers import Conv1d, Identity, ReLU, ZeroPad1d
from convlib.networks.network import Add, Sequential
from convlib.nn import Adam, Model, cosine, cross_entropy

RATES = {"dilated": ((1, 2, 4), (1, 2, 4, 8, 16)), "plain": ((1,) * 3, (1,) * 5)}
WIDTH, EPOCHS, BATCH, SEEDS, KEPT = 36, 60, 32, range(5), 0
LRS, TRIAL_SEEDS = (1e-3, 3e-3, 1e-2), (5,)  # chosen by other seeds than those that are tested
DIGITS, SMALL = "零一二三四五六七八九", (
    "", *"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen".split())
TENS = "", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split()


def chinese(n):
    """Return a number from 1 to 999 as it is written in Chinese.

    Examples
    --------
    >>> chinese(12), chinese(305), chinese(310), chinese(721)
    ('十二', '三百零五', '三百一十', '七百二十一')
    """
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    text = DIGITS[hundreds] + "百" if hundreds else ""
    if tens:
        text += ("" if n < 20 else DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += DIGITS[0]
    return text + (DIGITS[ones] if ones else "")


def english(n):
    """Return a number from 1 to 999 in words.

    Examples
    --------
    >>> english(12), english(305), english(721)
    ('twelve', 'three hundred five', 'seven hundred twenty-one')
    """
    rest = n % 100
    below = SMALL[rest] if rest < 20 else TENS[rest // 10] + (n % 10 > 0) * "-" + SMALL[n % 10]
    return " ".join(filter(None, (n // 100 and f"{SMALL[n // 100]} hundred", below)))


ORDER = np.random.default_rng(0).permutation(np.arange(1, 1000)).tolist()
PAIRS = [(chinese(n), english(n)) for n in ORDER]
PAD = "_"  # behind the end of a text, and before its begin
SOURCE, TARGET = (PAD + "".join(sorted(set("".join(side)))) for side in zip(*PAIRS, strict=True))
LENGTH = max(len(words) for _, words in PAIRS) + 1  # the end is told as well
LEARNED, CHOSEN, TESTED = PAIRS[:640], PAIRS[640:800], PAIRS[800:]


def encoder(rates):
    """Return a network for (letters of numerals, L): each map sees to both sides."""
    blocks = [Add(Sequential(ReLU(), Conv1d(WIDTH, WIDTH, 3, padding=rate, dilation=rate)),
                  Identity()) for rate in rates]
    return Sequential(Conv1d(len(SOURCE), WIDTH, 1), *blocks)


def decoder(rates):
    """Return a causal network for (WIDTH + letters of words, L): scores of the next letter."""
    blocks = [Add(Sequential(ReLU(), ZeroPad1d((2 * rate, 0)),
                             Conv1d(WIDTH, WIDTH, 3, dilation=rate)), Identity())
              for rate in rates]
    return Sequential(Conv1d(WIDTH + len(TARGET), WIDTH, 1), *blocks, ReLU(),
                      Conv1d(WIDTH, len(TARGET), 1))


def models(name, seed):
    """Return an encoder and a decoder before training."""
    return [Model(make(rates), seed=seed)
            for make, rates in zip((encoder, decoder), RATES[name], strict=True)]


def numbers(texts, letters):
    """Return the numbers of all letters, (N, L); behind a text stands padding."""
    return np.array([[letters.index(letter) for letter in text.ljust(LENGTH, PAD)]
                     for text in texts])


def one_hot(numbers, letters):
    """Return a channel for each letter: (N, letters, L)."""
    return np.float32(np.eye(len(letters))[numbers].swapaxes(1, 2))


def before(target):
    """Return the letter before each, with padding before the first."""
    return np.pad(target, ((0, 0), (1, 0)))[:, :-1]


def step(both, optimisers, source, target, share):
    """Learn from one batch, the right letters before each place being given."""
    (encode, decode), letters = both, one_hot(before(target), TARGET)
    maps, first = encode.forward(source)
    scores, second = decode.forward(np.concatenate([maps, letters], axis=1))
    _, dy = cross_entropy(scores, target)
    dx, to_decoder = decode.backward(second, dy, input_gradient=True)
    _, to_encoder = encode.backward(first, dx[:, :WIDTH])
    for optimiser, gradients in zip(optimisers, (to_encoder, to_decoder), strict=True):
        optimiser.step(gradients, share)


def translate(both, numerals):
    """Return the words for numerals: each letter is the likeliest after those told before it."""
    encode, decode = both
    maps = encode(one_hot(numbers(numerals, SOURCE), SOURCE))
    told = np.zeros((len(numerals), LENGTH), int)
    for place in range(LENGTH):
        scores = decode(np.concatenate([maps, one_hot(before(told), TARGET)], axis=1))
        told[:, place] = scores[..., place].argmax(1)
    return ["".join(TARGET[letter] for letter in line).split(PAD)[0] for line in told]


def exact(both, pairs=TESTED):
    """Return the share of numerals whose words are right to the last letter."""
    numerals, words = zip(*pairs, strict=True)
    return round(float(np.mean([a == b for a, b in zip(translate(both, numerals), words,
                                                       strict=True)])), 4)


def learn(name, lr, seed, pairs=LEARNED + CHOSEN, scored=TESTED):
    """Train an encoder and a decoder; return them, and their scores on both sets of pairs."""
    both, rng = models(name, seed), np.random.default_rng(seed)
    optimisers = [Adam(model.weights, lr) for model in both]
    numerals, words = zip(*pairs, strict=True)
    source, target = one_hot(numbers(numerals, SOURCE), SOURCE), numbers(words, TARGET)
    with threadpool_limits(1):  # another runs beside it
        for epoch in range(EPOCHS):
            for batch in np.array_split(rng.permutation(len(pairs)), len(pairs) // BATCH):
                step(both, optimisers, source[batch], target[batch], cosine(epoch / EPOCHS))
    found = {"train": exact(both, pairs), "exact": exact(both, scored)}
    print(f"{name}, rate {lr}, seed {seed}: {found}", flush=True)
    return both, found


def choose(pool):
    """Return {network: {learning rate: mean score where it is chosen}}."""
    jobs = [(*each, LEARNED, CHOSEN) for each in product(RATES, LRS, TRIAL_SEEDS)]
    found = [each["exact"] for _, each in pool.map(learn, *zip(*jobs, strict=True))]
    means = np.reshape(found, (len(RATES), len(LRS), -1)).mean(-1).round(4)
    return {name: dict(zip(LRS, each.tolist(), strict=True))
            for name, each in zip(RATES, means, strict=True)}


def main():
    """Choose the learning rates, train all, and keep one encoder and decoder of each kind."""
    with ProcessPoolExecutor(2) as pool:
        tried = choose(pool)
        best = {name: max(each, key=each.get) for name, each in tried.items()}
        jobs = [(name, best[name], seed) for name in RATES for seed in SEEDS]
        found = dict(zip(jobs, pool.map(learn, *zip(*jobs, strict=True)), strict=True))
    seeds = {name: [found[name, best[name], seed][1] for seed in SEEDS] for name in RATES}
    for name, rates in RATES.items():
        both = found[name, best[name], KEPT][0]
        metrics = {"learning rate": best[name], "tried": [list(each) for each in
                                                          tried[name].items()],
                   "all seeds": seeds, "letters": [SOURCE, TARGET], "length": LENGTH,
                   "test": [list(pair) for pair in TESTED]}
        # What is kept is scored as it is read back, in halves of the numbers' precision.
        for model in both:
            for weight in model.weights.values():
                weight[...] = weight.astype(np.float16)
        metrics["exact"] = exact(both)
        for part, model, dilations in zip(("encoder", "decoder"), both, rates, strict=True):
            card.keep(f"bytenet_{'' if name == 'dilated' else name + '_'}{part}", model,
                      lambda _, metrics=metrics: metrics, script=__file__, seed=KEPT,
                      package="convlib", files=[],
                      title=f"Chinese numerals into English words, {part} at rates "
                            f"{', '.join(map(str, dilations))}, {EPOCHS} epochs")


if __name__ == "__main__":
    main()
