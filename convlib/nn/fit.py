"""Training by mini-batches, with a progress bar for those who wait."""

import sys

import numpy as np
from tqdm.auto import tqdm

from convlib import _check as check
from convlib.nn.model import Model
from convlib.nn.optim import Optimiser, constant


def fit(model, input, target, loss, optimiser, *, epochs=10, batch_size=64, schedule=constant,
        seed=0, augment=None, evaluate=None):
    """Train a model on pairs of input and target, by mini-batches in random order.

    Parameters
    ----------
    model : Model
        Its weights are changed.
    input, target : array_like, shape (N, …)
        The pairs.
    loss : callable
        From the model's output and the targets to the loss and its gradient, as `cross_entropy`.
    optimiser : SGD or Adam
        Made with ``model.weights``.
    epochs, batch_size : int
        How often all pairs are seen, and how many together.
    schedule : callable
        From the share of the training that is done to the share of the learning rate: `cosine`.
    seed : int
        Of the Generator that orders the pairs, and that ``augment`` is given.
    augment : callable, optional
        ``augment(rng, input, target)`` returns another batch in the place of each.
    evaluate : callable, optional
        ``evaluate(model)`` returns a number, or several by name; called after every epoch.

    Returns
    -------
    dict of str to list
        One entry an epoch: 'loss' is the mean over the batches while they were learned from, the
        rest is what ``evaluate`` returned (one number under 'metric').

    Raises
    ------
    ValueError
        If input and target do not have the same length, or the loss is no longer a finite number.

    Notes
    -----
    The progress bar is shown in a terminal and in a notebook, and goes away at the end. It is not
    where nobody looks: where the output goes into a file, or a tool runs the notebook.

    Examples
    --------
    >>> from convlib.networks.layers import Linear
    >>> from convlib.nn import Model, SGD, mse_loss
    >>> x = np.arange(8.0).reshape(8, 1) / 8
    >>> model = Model(Linear(1, 1))
    >>> history = fit(model, x, 3 * x - 1, mse_loss, SGD(model.weights, 0.3), epochs=200)
    >>> {name: weight.round(2).tolist() for name, weight in model.weights.items()}
    {'weight': [[3.0]], 'bias': [-1.0]}
    """
    _check_parts(model, loss, optimiser, schedule, augment, evaluate)
    x, t = check.numbers("input", input), check.numbers("target", target)
    if x.ndim == 0 or t.shape[:1] != x.shape[:1] or len(x) == 0:
        raise ValueError(f"input has shape {x.shape} and target {t.shape}: give as many of both, "
                         f"and some")
    epochs, batch_size = check.counts(epochs=epochs, batch_size=batch_size)
    (seed,) = check.counts(0, seed=seed)
    rng, history = np.random.default_rng(seed), {}
    each = -(-len(x) // batch_size)  # steps an epoch; the last batch may be smaller
    with tqdm(total=epochs * each, unit="step", leave=False, disable=not _watched()) as bar:
        for epoch in range(epochs):
            losses = []
            for chosen in _batches(rng, len(x), batch_size):
                batch = x[chosen], t[chosen]
                batch = batch if augment is None else augment(rng, *batch)
                progress = (epoch + len(losses) / each) / epochs
                losses.append(_step(model, *batch, loss, optimiser, schedule(progress)))
                bar.update()
            found = {} if evaluate is None else evaluate(model)
            found = found if isinstance(found, dict) else {"metric": found}
            _note(history, loss=float(np.mean(losses)), **found)
            bar.set_postfix(epoch=epoch + 1, loss=f"{history['loss'][-1]:.3g}")
    return history


def _check_parts(model, loss, optimiser, schedule, augment, evaluate):
    """Refuse what is no model, no optimiser or no function."""
    for name, value, kind in (("model", model, Model), ("optimiser", optimiser, Optimiser)):
        if not isinstance(value, kind):
            raise TypeError(f"{name}={value!r} must be of type {kind.__name__}")
    for name, value in {"loss": loss, "schedule": schedule, "augment": augment or constant,
                        "evaluate": evaluate or constant}.items():
        if not callable(value):
            raise TypeError(f"{name}={value!r} must be a function")


def _batches(rng, count, size):
    """Return the numbers of pairs in random order, cut into batches."""
    order = rng.permutation(count)
    return [order[first : first + size] for first in range(0, count, size)]


def _step(model, input, target, loss, optimiser, share):
    """Learn from one batch, and return its loss."""
    output, cache = model.forward(input)
    value, dy = loss(output, target)
    if not np.isfinite(value):
        raise ValueError(f"the loss is {value}: use a smaller learning rate than lr={optimiser.lr}")
    _, gradients = model.backward(cache, dy)
    optimiser.step(gradients, share)
    return value


def _note(history, **found):
    for name, value in found.items():
        history.setdefault(name, []).append(value)


def _watched():
    """Tell whether somebody looks: at a terminal, or at a notebook that no tool is running."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if kernel := getattr(shell, "kernel", None):
        return getattr(kernel, "_allow_stdin", False)  # a tool could not answer a question
    return sys.stderr.isatty()
