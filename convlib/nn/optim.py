"""How weights follow their gradients: gradient descent with momentum, and Adam.

An optimiser changes the arrays of a model in place. `cosine` lowers its steps while it learns.
"""

from math import cos, inf, pi

import numpy as np

from convlib import _check as check


class Optimiser:
    """What optimisers share: the weights, and the learning rate.

    Parameters
    ----------
    weights : dict of str to ndarray
        What is learned, by name, as `Model.weights` has it.
    lr : float
        The learning rate, that is the size of the steps.
    """

    def __init__(self, weights, lr):
        if not isinstance(weights, dict):
            raise TypeError(f"weights is of type {type(weights).__name__}: give a model's weights")
        self.weights, self.lr = weights, _positive("lr", lr)

    def step(self, gradients, share=1.0):
        """Move all weights one step.

        Parameters
        ----------
        gradients : dict of str to ndarray
            The loss's gradient for each weight, as `Model.backward` returns them.
        share : float
            What the learning rate is multiplied by, as a schedule asks (`cosine`).

        Raises
        ------
        ValueError
            If a weight has no gradient, or one of another shape.
        """
        if not isinstance(gradients, dict):
            raise TypeError(f"gradients={gradients!r} must be a dict of arrays")
        if missing := sorted(set(self.weights) - set(gradients)):
            raise ValueError(f"gradients has none for {', '.join(missing)}")
        for name, weight in self.weights.items():
            check.same_shape(f"gradients[{name!r}]", gradients[name], weight.shape)
        self._move(gradients, self.lr * check.number("share", share))


def _positive(name, value, below=inf):
    """Return a number of at least 0, and below another."""
    if not 0 <= check.number(name, value) < below:
        raise ValueError(f"{name}={value!r} must be at least 0 and below {below}")
    return float(value)


class SGD(Optimiser):
    r"""Stochastic gradient descent, with momentum or without.

    .. math:: v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta\, v

    Parameters
    ----------
    weights : dict of str to ndarray
        What is learned, as `Model.weights` has it.
    lr : float
        η.
    momentum : float
        μ, below 1.

    Examples
    --------
    >>> weights = {"w": np.array([1.0])}
    >>> SGD(weights, lr=0.1).step({"w": np.array([2.0])})
    >>> weights
    {'w': array([0.8])}
    """

    def __init__(self, weights, lr=1e-2, momentum=0.0):
        super().__init__(weights, lr)
        self.momentum = _positive("momentum", momentum, below=1)
        self.velocity = {name: np.zeros_like(w) for name, w in weights.items()}

    def _move(self, gradients, lr):
        for name, weight in self.weights.items():
            velocity = self.velocity[name]
            velocity *= self.momentum
            velocity += gradients[name]
            weight -= lr * velocity


class Adam(Optimiser):
    r"""Adam: steps of about the same size for all weights, whatever the size of their gradients.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2

    .. math:: w \leftarrow w - \eta\,
              \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Parameters
    ----------
    weights : dict of str to ndarray
        What is learned, as `Model.weights` has it.
    lr : float
        η.
    betas : (float, float)
        β₁ and β₂, below 1: how slowly the means m and v follow.
    eps : float
        ε.

    Examples
    --------
    >>> weights = {"w": np.array([1.0, 1.0])}
    >>> Adam(weights, lr=0.1).step({"w": np.array([5.0, -0.01])})
    >>> weights["w"].round(3)
    array([0.9, 1.1])

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, arXiv:1412.6980.
    """

    def __init__(self, weights, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(weights, lr)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ValueError(f"betas={betas!r} must be two numbers")
        self.betas = tuple(_positive("betas", beta, below=1) for beta in betas)
        self.eps, self.steps = _positive("eps", eps), 0
        self.means = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in weights.items()}

    def _move(self, gradients, lr):
        self.steps += 1
        (first, second), t = self.betas, self.steps
        # The means began at 0: divided by this they are those of the gradients seen so far.
        lr, root = lr / (1 - first**t), (1 - second**t) ** 0.5
        for name, weight in self.weights.items():
            gradient, (mean, square) = gradients[name], self.means[name]
            mean += (1 - first) * (gradient - mean)
            square += (1 - second) * (gradient * gradient - square)
            weight -= lr * mean / (np.sqrt(square) / root + self.eps)


def constant(progress):
    """Return 1, whatever the progress: a schedule that changes nothing."""
    _positive("progress", progress)
    return 1.0


def cosine(progress):
    r"""Return the share of the learning rate at which to go on: from 1 down to 0 along a cosine.

    .. math:: \tfrac12 (1 + \cos \pi p)

    Parameters
    ----------
    progress : float
        p, how much of the training is done: from 0 to 1.

    Examples
    --------
    >>> [round(cosine(p), 3) for p in (0, 0.5, 1)]
    [1.0, 0.5, 0.0]

    References
    ----------
    Loshchilov and Hutter (2017), SGDR, arXiv:1608.03983, equation 5.
    """
    return (1 + cos(pi * _positive("progress", progress))) / 2
