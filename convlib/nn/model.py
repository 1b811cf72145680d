"""A network with its weights: run forward and backward, saved and loaded."""

from dataclasses import dataclass

import numpy as np

from convlib import _check as check
from convlib import data
from convlib.networks.layers import Layer
from convlib.networks.network import Network, measure
from convlib.networks.torch_text import read
from convlib.nn import run


@dataclass(frozen=True, repr=False)
class Cache:
    """What `Model.forward` keeps for `Model.backward`: arrays of its own, and the input itself."""

    kept: object
    output_shape: tuple


class Model:
    """Layers with weights, which are learned by their gradients.

    Parameters
    ----------
    layers : Layer or Network
        What is run: most often a `Sequential`.
    seed : int
        Of the Generator that draws the initial weights, one layer after the other, and then the
        masks of dropout.
    dtype : dtype
        The type of the weights, and of all that is computed: float32 or float64.

    Attributes
    ----------
    weights : dict of str to ndarray
        What is learned, by PyTorch's names: ``0.weight`` is the first layer's, and a block with a
        name has it in the place of its number, as in ``stem.0.weight``.
    buffers : dict of str to ndarray
        What is kept and not learned: running statistics.

    Raises
    ------
    TypeError, ValueError
        If a layer can be described but not run, or the names of two weights would be the same.

    Notes
    -----
    Convolutions and fully connected layers begin as PyTorch's do, ``kaiming_uniform_(a=sqrt(5))``:
    uniform between ±1/sqrt(fan_in), and so do their biases. For another start, write into
    `weights`: the arrays are the model's own.

    Examples
    --------
    >>> from convlib.networks.layers import Conv2d, ReLU
    >>> from convlib.networks.network import Sequential
    >>> model = Model(Sequential(Conv2d(1, 8, 3), ReLU()), seed=0)
    >>> {name: weight.shape for name, weight in model.weights.items()}
    {'0.weight': (8, 1, 3, 3), '0.bias': (8,)}
    >>> model(np.zeros((2, 1, 5, 5))).shape
    (2, 8, 3, 3)
    """

    def __init__(self, layers, seed=0, dtype=np.float32):
        layers = layers.layers if isinstance(layers, Network) else layers
        if not isinstance(layers, Layer):
            raise TypeError(f"layers={layers!r} must be a layer, a block of them or a Network")
        self.dtype = check.dtype_of("dtype", dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype={dtype!r} must be float32 or float64")
        (seed,) = check.counts(0, seed=seed)
        self.layers, self._rng, self._seen = layers, np.random.default_rng(seed), set()
        self._module = run.build(layers, self._rng, self.dtype)
        self.weights = dict(self._module.state(("weights",)))
        self.buffers = dict(self._module.state(("buffers",)))

    def __repr__(self):
        """Return the layers, and how much there is to learn."""
        return f"Model({self.layers!r}), {self.layers.parameters:,} parameters"

    def __call__(self, input, batch_size=256):
        """Return what the network makes of its inputs, in evaluation.

        Batch normalisation goes by its running statistics, and dropout leaves nothing out.

        Parameters
        ----------
        input : array_like, shape (N, …)
            With a batch axis.
        batch_size : int
            How many are computed together.

        Returns
        -------
        ndarray, shape (N, …)
        """
        x, (batch_size,) = self._checked(input), check.counts(batch_size=batch_size)
        parts = [run.forward(self._module, x[first : first + batch_size], self._mode(False))[0]
                 for first in range(0, len(x), batch_size)]
        return np.concatenate(parts)

    def forward(self, input, training=True):
        """Return the output, and what `backward` needs.

        Parameters
        ----------
        input : array_like, shape (N, …)
            With a batch axis.
        training : bool
            Whether batch normalisation goes by this batch, and dropout leaves out.

        Returns
        -------
        output : ndarray, shape (N, …)
        cache : Cache
            For one or several calls of `backward`, as long as the weights are the same.

        Examples
        --------
        >>> from convlib.networks.layers import Linear
        >>> model = Model(Linear(2, 1), dtype="float64")
        >>> y, cache = model.forward([[3, 4]])
        >>> dx, gradients = model.backward(cache, [[1]])
        >>> gradients
        {'weight': array([[3., 4.]]), 'bias': array([1.])}
        """
        mode = self._mode(check.flag("training", training))
        output, kept = run.forward(self._module, self._checked(input), mode)
        return output, Cache(kept, output.shape)

    def backward(self, cache, grad_output, input_gradient=False):
        """Return the loss's gradients.

        Parameters
        ----------
        cache : Cache
            As `forward` returned it.
        grad_output : array_like
            The loss's gradient with respect to the output.
        input_gradient : bool
            Whether the gradient with respect to the input is wanted, as when another network stands
            in front. The first layer's is otherwise not computed.

        Returns
        -------
        dx : ndarray or None
            The gradient with respect to the input, if wanted.
        gradients : dict of str to ndarray
            One for each of `weights`.
        """
        if not isinstance(cache, Cache):
            raise TypeError(f"cache is of type {type(cache).__name__}: give what forward returned")
        dy = check.numbers("grad_output", grad_output)
        check.same_shape("grad_output", dy, cache.output_shape)
        dy = check.cast("grad_output", dy, self.dtype)
        wanted = check.flag("input_gradient", input_gradient)
        return run.backward(self._module, cache.kept, dy, wanted)

    def _mode(self, training):
        return run.Mode(training, self._rng)

    def _checked(self, input):
        """Return the input in the model's type; what has another shape than before is measured."""
        x = check.numbers("input", input)
        if not 2 <= x.ndim <= 5 or 0 in x.shape:
            raise ValueError(f"input has shape {x.shape}: it needs (N, C, …), up to three axes "
                             f"behind the channels and none of them empty")
        if x.shape[1:] not in self._seen:
            measure(self.layers, x.shape[1:])  # which names the layer that does not take it
            self._seen.add(x.shape[1:])
        return check.cast("input", x, self.dtype)

    def state_dict(self):
        """Return copies of all weights and buffers, by PyTorch's names and in its order."""
        return {name: array.copy() for name, array in self._module.state()}

    def load_state_dict(self, state):
        """Take over weights and buffers; `state` may come from PyTorch, its tensors as arrays.

        Parameters
        ----------
        state : dict of str to array_like
            As `state_dict` returns it.

        Raises
        ------
        ValueError
            If names are missing or too many, or a shape is another.
        """
        own = self.weights | self.buffers
        if not isinstance(state, dict):
            raise TypeError(f"state is of type {type(state).__name__}: give a dict of arrays")
        if set(state) != set(own):
            raise ValueError(f"state lacks {sorted(set(own) - set(state))} and has "
                             f"{sorted(set(state) - set(own))} too many")
        arrays = {name: check.numbers(name, array) for name, array in state.items()}
        for name, array in arrays.items():
            check.same_shape(name, array, own[name].shape, state="of this model")
        for name, array in arrays.items():
            own[name][...] = array

    def save(self, path, dtype=None):
        """Write all weights and buffers into a file (.npz).

        Parameters
        ----------
        path : str or Path
            Where to.
        dtype : dtype, optional
            The type to keep them in; float16 takes half the room. The model's own by default.
        """
        dtype = self.dtype if dtype is None else check.dtype_of("dtype", dtype)
        kept = self.state_dict()
        np.savez_compressed(path, **{name: array.astype(dtype) if array.dtype.kind == "f" else array
                                     for name, array in kept.items()})

    def load(self, path):
        """Take over the weights and buffers of a file that `save` wrote, and return the model."""
        with np.load(path) as state:
            self.load_state_dict(dict(state))
        return self


def trained(name):
    """Return a model of this book, as a script in ``train`` left it.

    Its card (`data.card`) says what it learned from, by which script, and how well it does.

    Parameters
    ----------
    name : str
        ``mnist_standard``, ``mnist_separable``
            Classifiers of (1, 28, 28) digits: the same network with standard convolutions, and
            with a depthwise and a pointwise one in the place of each.
        ``tissue_volume``, ``tissue_slices``, ``tissue_wide``
            Scores of neither, grey and white matter for each voxel of (1, D, H, W): kernels of
            3x3x3, as many of 1x3x3, and so many of 1x3x3 that there are as many weights.
        ``lab_relu``, ``lab_linear``
            Two 1x1 convolutions from RGB to L*a*b* / 100, with a ReLU between them and without:
            from (3, H, W), eight networks side by side, (24, H, W).
        ``checkerboard_k2``, ``_k3``, ``_k4``, ``_resize``, ``_shuffle``, ``_icnr``
            Autoencoders of (1, H, W) photographs from -0.5 to 0.5, by how they up-sample.
        ``fcn_16``, ``fcn_8``, ``fcn_4``, ``fcn_2``, ``fcn_2_random``
            Scores of background and nucleus for each pixel of (1, H, W), by the stride of the
            finest features.
        ``family_plain``, ``_denoising``, ``_sparse``, ``_contractive``, ``_rbm``
            784 pixels of a digit to 64 units and back.
        ``family_classifier``, ``family_dictionary``, ``family_filters``
            The encoder alone, and the decoder alone.
        ``dcgan``
            A generator of (1, 28, 28) digits from -1 to 1 out of (32, 1, 1) normal numbers.
        ``sparse_filters``, ``sparse_second``
            Filters of a photograph, and of what a second layer makes of the first one's maps.
        ``mosaic_plain``, ``mosaic_doubling``, ``mosaic_constant``
            Scores of brick, grass and gravel for each pixel of (1, H, W), by the rates.
        ``ecg_forecast_72``, ``_160``, ``_528``, ``_1032``, ``_2048``
            A heartbeat of (1, L) samples, 125 a second, 20 samples later, by the reach in ms.
        ``bytenet_encoder``, ``bytenet_decoder``, ``bytenet_plain_encoder``, ``_plain_decoder``
            Chinese numerals into English words by letters (letters, 28), dilated and at rate 1.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If there are no such weights, or they come with no layers to be read.

    Examples
    --------
    >>> model = trained("mnist_separable")
    >>> model.layers.parameters
    5546
    """
    card = data.card(name)
    if "layers" not in card:
        raise ValueError(f"name={name!r} has weights alone, by `data.trained`: this book did not "
                         f"train it")
    model = Model(read("\n".join(card["layers"])))
    model.load_state_dict(data.trained(name))
    return model
