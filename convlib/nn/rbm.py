"""The restricted Boltzmann machine: a network that runs both ways, trained without a gradient."""

import numpy as np
from scipy.special import expit

from convlib import _check as check


class RBM:
    r"""A restricted Boltzmann machine of units that are 0 or 1.

    Every visible unit is connected with every hidden one, and with no other visible one. Together
    they have an energy, and low energies are likely:

    .. math:: E(v, h) = -h^T W v - b^T v - c^T h, \qquad p(v, h) \propto e^{-E(v, h)}

    Parameters
    ----------
    visible, hidden : int
        How many units of each.
    seed : int
        Of the Generator that draws the weights, and then the samples.

    Attributes
    ----------
    weights : dict of str to ndarray
        ``weight`` W (hidden, visible), ``visible_bias`` b and ``hidden_bias`` c.

    References
    ----------
    Hinton (2002), Training products of experts by minimizing contrastive divergence.
    Hinton (2010), A practical guide to training restricted Boltzmann machines.

    Examples
    --------
    >>> rbm = RBM(4, 2)
    >>> v = np.tile([1.0, 1.0, 0.0, 0.0], (16, 1))
    >>> for _ in range(300):
    ...     _ = rbm.learn(v, lr=0.5)
    >>> rbm.reconstruct(v[:1]).round()
    array([[1., 1., 0., 0.]], dtype=float32)
    >>> bool(rbm.free_energy(v[0]) < rbm.free_energy(1 - v[0]))
    True
    """

    def __init__(self, visible, hidden, seed=0):
        visible, hidden = check.counts(visible=visible, hidden=hidden)
        (seed,) = check.counts(0, seed=seed)
        check.affordable("the weight", (hidden, visible), "visible or hidden", np.dtype("float32"))
        self._rng = np.random.default_rng(seed)
        self.weights = {
            "weight": self._rng.normal(0, 0.01, (hidden, visible)).astype(np.float32),
            "visible_bias": np.zeros(visible, np.float32),
            "hidden_bias": np.zeros(hidden, np.float32),
        }

    @check.quiet
    def hidden(self, visible):
        """Return the probability that each hidden unit is 1: σ(W v + c).

        Parameters
        ----------
        visible : array_like, shape (N, visible) or (visible,)
            From 0 to 1.
        """
        v = self._units("visible", visible)
        return expit(v @ self.weights["weight"].T + self.weights["hidden_bias"])

    @check.quiet
    def visible(self, hidden):
        """Return the probability that each visible unit is 1: σ(Wᵀ h + b).

        Parameters
        ----------
        hidden : array_like, shape (N, hidden)
            From 0 to 1.
        """
        h = self._units("hidden", hidden)
        return expit(h @ self.weights["weight"] + self.weights["visible_bias"])

    def reconstruct(self, visible):
        """Return what is seen again after one way up and down, by probabilities."""
        return self.visible(self.hidden(visible))

    @check.quiet
    def free_energy(self, visible):
        r"""Return a visible vector's energy, all hidden ones summed out: lower is likelier.

        .. math:: F(v) = -b^T v - \sum_j \log(1 + e^{(W v + c)_j})

        Parameters
        ----------
        visible : array_like, shape (N, visible) or (visible,)
            From 0 to 1.
        """
        v = self._units("visible", visible)
        inside = v @ self.weights["weight"].T + self.weights["hidden_bias"]
        return -(v @ self.weights["visible_bias"]) - np.logaddexp(0, inside).sum(-1)

    @check.quiet
    def learn(self, visible, lr=0.1):
        r"""Learn from a batch by one step of contrastive divergence (CD-1).

        What the data make likely is strengthened, and what the machine makes of them is weakened:

        .. math:: \Delta W = \eta \langle h v^T \rangle_\text{data} - \eta \langle h v^T
                  \rangle_\text{after one step}

        Parameters
        ----------
        visible : array_like, shape (N, visible)
            Data from 0 to 1.
        lr : float
            η.

        Returns
        -------
        float
            The mean squared error of the reconstruction, which is not what is minimised.
        """
        v = np.atleast_2d(self._units("visible", visible))
        lr = check.number("lr", lr)
        h = self.hidden(v)
        sampled = (self._rng.random(h.shape) < h).astype(np.float32)
        again = self.visible(sampled)
        after = self.hidden(again)
        weights, share = self.weights, lr / len(v)
        weights["weight"] += share * (h.T @ v - after.T @ again)
        weights["visible_bias"] += share * (v - again).sum(0)
        weights["hidden_bias"] += share * (h - after).sum(0)
        return float(((v - again) ** 2).mean())

    def _units(self, name, units):
        """Return visible or hidden units as an array that fits the weights."""
        array, count = check.numbers(name, units), len(self.weights[f"{name}_bias"])
        if array.ndim not in (1, 2) or array.shape[-1] != count or array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}: it needs (N, {count}) or ({count},)")
        return check.cast(name, array, np.dtype("float32"))
