"""Latent walk: a generator of transposed convolutions draws what lies between two codes."""

from functools import cache

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.photo import as_text, signed_colours
from convlib.explorables.traits import whole
from convlib.i18n import t

STEPS = 20  # from one code to the other
PARTS = ((0, 1), (3, 4), (6, None))  # of the network: a transposed convolution and its batch norm
TILES = {32: 8, 16: 4, 1: 1}  # how many maps stand side by side


class LatentWalk(Explorable):
    r"""The trained generator `nn.trained("dcgan")` on the way from one code to another.

    A code is 32 normal numbers. At part :math:`t` of the way between the codes :math:`a` and
    :math:`b`, which have the angle :math:`\Omega` between them, the generator gets

    .. math:: z = \frac{\sin((1 - t)\Omega)}{\sin\Omega}\,a + \frac{\sin(t\Omega)}{\sin\Omega}\,b

    along the arc, or :math:`z = (1 - t)\,a + t\,b` along the straight line.

    Parameters
    ----------
    start, end : int
        The seeds of the two codes, from 0 to 9999.
    step : int
        How far the walk has come: from 0 (at the start) to 20 (at the end).
    path : {'arc', 'line'}
        Spherical interpolation, which keeps the length of a code, or linear, which shortens it.

    References
    ----------
    Radford, Metz and Chintala (2016), arXiv:1511.06434. White (2016), Sampling generative
    networks, arXiv:1609.04468.

    Examples
    --------
    >>> walk = LatentWalk(step=10)
    >>> walk.code.shape, [maps.shape for maps in walk.activations]
    ((32, 1, 1), [(32, 7, 7), (16, 14, 14), (1, 28, 28)])
    >>> walk.picture.shape
    (28, 28)
    """

    name = "latent_walk"
    space = (485, 570)
    weights = traitlets.Unicode(read_only=True).tag(sync=True, state=False)
    layers = traitlets.List(read_only=True).tag(sync=True, state=False)
    start = whole(3, 0, 9999)
    end = whole(23, 0, 9999)
    step = whole(0, 0, STEPS)
    path = traitlets.Enum(["arc", "line"], "arc").tag(sync=True, state=True)

    @traitlets.default("weights")
    def _weights(self):
        import numpy as np

        # They are kept in half precision: nothing is lost.
        kernels = [w.ravel() for w, *_ in _network()]
        return as_text(np.concatenate(kernels).astype("<f2"))

    @traitlets.default("layers")
    def _layers(self):
        described, side, first = [], 1, 0
        for w, scale, shift, stride, padding in _network():
            channels, outputs, kernel, _ = w.shape
            described.append({"channels": channels, "outputs": outputs, "side": side,
                              "kernel": kernel, "stride": stride, "padding": padding,
                              "from": first, "scale": scale.tolist(), "shift": shift.tolist()})
            side, first = stride * (side - 1) + kernel - 2 * padding, first + w.size
        return described

    @property
    def codes(self):
        """The codes at the start and at the end, shape (2, 32, 1, 1), float64."""
        import numpy as np

        from convlib.explorables.random import normals

        return np.stack([normals(seed, 32) for seed in (self.start, self.end)])[..., None, None]

    @property
    def code(self):
        """The code at this step, shape (32, 1, 1), float64."""
        import numpy as np

        (a, b), part = self.codes, self.step / STEPS
        cosine = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
        angle = np.arccos(np.clip(cosine, -1, 1))
        if self.path == "line" or angle < 1e-6:  # the same code twice: no arc is between them
            return (1 - part) * a + part * b
        return (np.sin((1 - part) * angle) * a + np.sin(part * angle) * b) / np.sin(angle)

    @property
    def activations(self):
        """What each layer gives: shapes (32, 7, 7), (16, 14, 14) and (1, 28, 28), float64."""
        return self._generated(self.code)

    @property
    def picture(self):
        """The generated picture, shape (28, 28), ink from -1 to 1."""
        return self.activations[-1][0]

    @property
    def ends(self):
        """The pictures of the two codes, shape (2, 28, 28)."""
        import numpy as np

        return np.stack([self._generated(code)[-1][0] for code in self.codes])

    @property
    def crossfade(self):
        """The two pictures mixed pixel by pixel at this step, shape (28, 28)."""
        first, last = self.ends
        return first + (last - first) * self.step / STEPS

    def _generated(self, code):
        import numpy as np

        from convlib import functional

        found, values = [], code
        for w, scale, shift, stride, padding in _network():
            sums = functional.conv_transpose2d(values, w, stride=stride, padding=padding)
            values = scale[:, None, None] * sums + shift[:, None, None]
            last = len(found) == len(PARTS) - 1
            values = np.tanh(values) if last else np.maximum(values, 0)
            found.append(values)
        return found

    def still(self):
        """Draw both ends with the picture between them, and what the layers give."""
        from convlib.explorables import still

        first, last = self.ends
        top = [still.image("output", t(f"latent_walk.{name}"), _enlarged(_ink(image)), side=112)
               for name, image in (("first", first), ("generated", self.picture), ("last", last))]
        *maps, _ = self.activations
        layers = [still.image("input", "z, 32×1×1", _enlarged(_tiled_code(self.code)), side=112)]
        layers += [still.image("output", "×".join(map(str, each.shape)), _enlarged(_tiled(each)),
                               side=112) for each in maps]
        return still.svg(still.below(still.beside(*top), still.beside(*layers)),
                         t("latent_walk.title"))


@cache
def _network():
    """Return weight, scale, shift, stride and padding of each layer, in float64.

    Batch normalisation is folded: scale and shift are what it does to a channel.
    """
    import numpy as np

    from convlib import nn

    model, found = nn.trained("dcgan"), []
    state = {name: values.astype(float)
             for name, values in (model.weights | model.buffers).items()}
    for conv, norm in PARTS:
        w, layer = state[f"{conv}.weight"], model.layers.layers[conv]
        scale, shift = np.ones(w.shape[1]), state.get(f"{conv}.bias")
        if norm is not None:
            deviation = np.sqrt(state[f"{norm}.running_var"] + model.layers.layers[norm].eps)
            scale = state[f"{norm}.weight"] / deviation
            shift = state[f"{norm}.bias"] - scale * state[f"{norm}.running_mean"]
        found.append((w, scale, shift, layer.stride[0], layer.padding[0]))
    return found


def _ink(picture):
    """Return ink from -1 to 1 as brightness, uint8."""
    import numpy as np

    return np.rint((picture + 1) * 127.5).astype(np.uint8)


def _tiled(maps):
    """Return maps side by side, uint8: black is 0, white the largest of all."""
    import numpy as np

    across, (count, height, width) = TILES[len(maps)], maps.shape
    bright = np.rint(255 * maps / (maps.max() or 1)).astype(np.uint8)
    framed = np.pad(bright, [(0, 0), (0, 1), (0, 1)], constant_values=128)
    rows = framed.reshape(count // across, across, height + 1, width + 1).swapaxes(1, 2)
    return rows.reshape(-1, across * (width + 1))[:-1, :-1]


def _tiled_code(code):
    """Return a code as colours, uint8 (4, 8, 3)."""
    return signed_colours(code.reshape(-1, TILES[len(code)]))


def _enlarged(pixels, times=4):
    """Return pixels as squares, for a browser would blur them."""
    return pixels.repeat(times, axis=0).repeat(times, axis=1)
