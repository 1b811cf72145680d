"""Atrous convolution on a photograph: sparse features, dense ones, and zeros in the kernel."""

import traitlets

from convlib.explorables.photo import OfPhoto, grey_square, signed_colours
from convlib.explorables.traits import whole
from convlib.i18n import t

SIDE = 60  # of the photograph: most rates divide it, and a pixel is large enough to be seen
MOST_RATE = 8
PHOTOS = ("astronaut", "camera", "chelsea", "coins")
BETWEEN = ("zeros", "nearest")
CHOSEN = (217, 116, 43)  # the kernel's colour, of the pixels that it reads
ENLARGED, CELL = 3, 26  # in the still: what a pixel takes, and the kernel's cells at most

# Each with what its sums are divided by.
KERNELS = {
    "sobel_x": (((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)), 1),
    "sobel_y": (((-1, -2, -1), (0, 0, 0), (1, 2, 1)), 1),
    "blob": (((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)), 1),
    "gaussian": (((1, 2, 1), (2, 4, 2), (1, 2, 1)), 16),
    "mean": (((1, 1, 1), (1, 1, 1), (1, 1, 1)), 9),
}


class Atrous(OfPhoto):
    r"""One 3x3 kernel over a photograph in three ways, whose features are equal where all exist.

    (a) Every `stride`-th pixel is kept and filtered at what is left of the rate, `rate / stride`;
    zeros or copies fill the places between. (b) The whole photograph is filtered at the rate,

    .. math:: y[r, c] = \sum_{i, j} w[i, j]\, x[r + d(i - 1), c + d(j - 1)]

    with rate :math:`d`. (c) The whole photograph is filtered by the kernel with zeros between its
    weights, which spans :math:`d(k - 1) + 1`. Grey values run from 0 to 255, and beyond the edge
    they are 0.

    Parameters
    ----------
    photo : {'astronaut', 'camera', 'chelsea', 'coins'}
        A photograph of `convlib.data.photo`, 60 x 60 pixels of it in grey.
    rate : int
        How far apart the pixels are that the kernel reads: from 1 to 8.
    kernel : {'sobel_x', 'sobel_y', 'blob', 'gaussian', 'mean'}
        Edges, bright blobs, blurs.
    output_stride : int
        How far apart the pixels of (a) are at most: from 1 to 8. `stride` is the greatest divisor
        of the rate up to it, because the kernel has to meet kept pixels only.
    between : {'zeros', 'nearest'}
        What stands in (a) where it has no feature: zero, or the feature that begins its block of
        `stride` x `stride` places.
    step : int
        How many phases (a) has besides the first, row by row. In phase (m, n) the photograph is
        shifted by m rows and n columns before its pixels are kept. A number beyond the last phase
        stands for it.
    row, column : int
        The pixel whose sum is spelled out.

    References
    ----------
    Chen et al. (2018), arXiv:1606.00915, section 3.1: atrous convolution for dense features.
    Yu and Koltun (2016), arXiv:1511.07122: the operation as dilated convolution.
    Holschneider et al. (1990), doi:10.1007/978-3-642-75988-8_28: the "algorithme à trous".

    Examples
    --------
    >>> atrous = Atrous(rate=4)
    >>> atrous.stride, atrous.filled_kernel.shape, int(atrous.exists.sum())
    (4, (9, 9), 225)
    >>> atrous.difference
    0.0
    >>> Atrous(rate=4, step=15).exists.all()
    np.True_
    """

    name = "atrous"
    space = (472, 799)
    photo = traitlets.Enum(PHOTOS, "chelsea").tag(sync=True, state=False)
    kernels = traitlets.Dict(KERNELS, read_only=True).tag(sync=True, state=False)
    rate = whole(2, 1, MOST_RATE)
    kernel = traitlets.Enum([*KERNELS], "sobel_x").tag(sync=True, state=True)
    output_stride = whole(MOST_RATE, 1, MOST_RATE)
    between = traitlets.Enum(BETWEEN, "zeros").tag(sync=True, state=True)
    step = whole(0, 0, MOST_RATE**2 - 1)
    row, column = whole(30, 0, SIDE - 1), whole(30, 0, SIDE - 1)

    @property
    def image(self):
        """The photograph: shape (60, 60), uint8."""
        return grey_square(self.photo, SIDE)

    @property
    def weight(self):
        """The kernel's weights, undivided: shape (3, 3), float64."""
        import numpy as np

        return np.array(KERNELS[self.kernel][0], dtype=float)

    @property
    def divisor(self):
        """What every sum is divided by."""
        return KERNELS[self.kernel][1]

    @property
    def stride(self):
        """How far apart the pixels of (a) are."""
        most = min(self.rate, self.output_stride)
        return next(s for s in range(most, 0, -1) if self.rate % s == 0)

    @property
    def phases(self):
        """The shifts, (rows, columns), of the photographs that (a) has filtered."""
        s = self.stride
        return [divmod(i, s) for i in range(min(self.step + 1, s * s))]

    @property
    def filled_kernel(self):
        """The kernel of (c), shape ``(span, span)``: the weights with zeros between them."""
        import numpy as np

        from convlib import shapes

        span = shapes.dilated_size(len(self.weight), self.rate)
        filled = np.zeros((span, span))
        filled[::self.rate, ::self.rate] = self.weight
        return filled

    @property
    def exists(self):
        """Where (a) has features: shape (60, 60), bool."""
        import numpy as np

        places = np.zeros((SIDE, SIDE), bool)
        for m, n in self.phases:
            places[m::self.stride, n::self.stride] = True
        return places

    @property
    def sparse(self):
        """The features of (a), and what stands between them: shape (60, 60), float64."""
        import numpy as np

        from convlib import resampling

        image, s, features = self.image, self.stride, np.zeros((SIDE, SIDE))
        for m, n in self.phases:
            kept = self._filtered(image[m::s, n::s], self.weight, self.rate // s)
            if (m, n) == (0, 0) and self.between == "nearest":
                wide = resampling.interpolate(kept[None], scale_factor=s)[0]
                features[:] = wide[:SIDE, :SIDE]
            features[m::s, n::s] = kept
        return features

    @property
    def dense(self):
        """The features of (b): shape (60, 60), float64."""
        return self._filtered(self.image, self.weight, self.rate)

    @property
    def filled(self):
        """The features of (c): shape (60, 60), float64."""
        return self._filtered(self.image, self.filled_kernel, 1)

    @property
    def difference(self):
        """How far (a) and (b) differ at most, where both exist."""
        return float(abs(self.sparse - self.dense)[self.exists].max())

    @property
    def limit(self):
        """What gets the full colour: the largest of (b) where no pixel beyond the edge is read."""
        inside = (slice(self.rate, -self.rate),) * 2
        return float(abs(self.dense[inside]).max()) or 1.0

    @property
    def macs(self):
        """The multiply-adds of each way: ``{'sparse', 'dense', 'filled'}``."""
        from convlib import costs

        k, s, d, span = len(self.weight), self.stride, self.rate, len(self.filled_kernel)

        def macs(rows, columns, side, rate):
            return costs.conv_macs((1, len(rows), len(columns)), 1, (side, side), padding="same",
                                   dilation=rate)

        every = range(SIDE)
        return {"sparse": sum(macs(every[m::s], every[n::s], k, d // s) for m, n in self.phases),
                "dense": macs(every, every, k, d), "filled": macs(every, every, span, 1)}

    def _filtered(self, image, weight, rate):
        from convlib import functional

        return functional.conv2d(image[None].astype(float), weight[None, None], padding="same",
                                 dilation=rate)[0] / self.divisor

    def still(self):
        """Draw the photograph with the pixels that are read, (a), (b), and the kernel of (c)."""
        import numpy as np

        from convlib.explorables import still

        filled = self.filled_kernel
        span, stride, rate = len(filled), self.stride, self.rate
        zeros = {(i, j) for i, j in np.ndindex(filled.shape) if i % rate or j % rate}
        board = still.board("kernel", t("atrous.kernel_filled", span=span), filled, later=zeros,
                            cell=min(CELL, 150 / span))
        twice = 2 * ENLARGED  # which `image` halves
        pictures = [
            still.image(kind, caption, pixels.repeat(twice, 0).repeat(twice, 1),
                        side=ENLARGED * SIDE)
            for kind, caption, pixels in (
                ("input", t("atrous.photo_size", size=SIDE), self._marked()),
                ("output", t("atrous.sparse", stride=stride, rate=rate // stride),
                 self._displayed(self.sparse)),
                ("output", t("atrous.dense", rate=rate), self._displayed(self.dense)))]
        return still.svg(still.beside(*pictures, board), t("atrous.title"))

    def _marked(self):
        """Return the photograph, uint8 (60, 60, 3), with the nine pixels that are read coloured."""
        import numpy as np

        marked = self.image[..., None].repeat(3, axis=2)
        reach = (np.arange(3) - 1) * self.rate
        rows, columns = (at + reach for at in (self.row, self.column))
        inside = [axis[(axis >= 0) & (axis < SIDE)] for axis in (rows, columns)]
        marked[np.ix_(*inside)] = CHOSEN
        return marked

    def _displayed(self, features):
        """Return features as colours, or, of a kernel without negative weights, as greys."""
        import numpy as np

        if self.weight.min() >= 0:
            return np.rint(np.clip(features, 0, 255)).astype(np.uint8)
        # The limit goes with the values, for signed_colours gives the largest the full colour.
        scaled = np.append(np.clip(features, -self.limit, self.limit), self.limit)
        return signed_colours(scaled)[:-1].reshape(SIDE, SIDE, 3)
