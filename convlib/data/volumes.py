"""A brain, a film and a synthetic tree: three axes along which a kernel can move."""

from math import inf
from pathlib import Path

import numpy as np
from scipy import ndimage

from convlib import _check as check
from convlib.data import _package

_SIDE = 72  # of the synthetic volume, in voxels
BRAIN = {"t1": "t1", "grey": "gm", "white": "wm"}  # what is shown, and its name in the files


def brain(shows="t1"):
    """Return a real brain in three dimensions, the average of 152 adults, or its tissues.

    Parameters
    ----------
    shows : {'t1', 'grey', 'white'}
        The T1-weighted magnetic resonance image, or how likely a voxel is grey or white matter.

    Returns
    -------
    ndarray, shape (197, 233, 189), float32
        Brightness, or probability, from 0 to 1; a voxel is 1 mm each way. The axes go from left to
        right, from back to front, from foot to head; the skull is cut away.

    Raises
    ------
    ValueError
        If shows is none of the three.
    ModuleNotFoundError
        If nilearn, which carries it, or nibabel, which reads it, is not installed.

    Notes
    -----
    The template MNI152 2009a that nilearn ships (code BSD-3), read from the package. Copyright
    (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological Institute,
    McGill University: free to use, change and distribute for any purpose with this notice.

    References
    ----------
    Fonov, Evans, Botteron, Almli, McKinstry and Collins (2011),
    doi:10.1016/j.neuroimage.2010.07.033.

    Examples
    --------
    >>> brain().shape
    (197, 233, 189)
    """
    if not check.among(shows, BRAIN):
        raise ValueError(f"shows={shows!r} is not there: choose from {', '.join(BRAIN)}")
    name = f"mni_icbm152_{BRAIN[shows]}_tal_nlin_sym_09a_converted.nii.gz"
    file = _package.folder("nilearn") / "datasets" / "data" / name
    return np.asarray(_package.load("nibabel").load(file).dataobj) / np.float32(255)


def small_brain():
    """Return the brain of `brain` in 14 x 14 x 14 voxels, which no further package is needed for.

    Returns
    -------
    ndarray, shape (14, 14, 14), float32
        Brightness from 0 to 1, the mean of 11 x 13 x 11 mm; axes depth (from foot to head), height
        (from front to back) and width (from left to right).

    Notes
    -----
    The copy stands in ``samples``, with its source and its licence beside it; it is that of
    `brain`.

    References
    ----------
    Fonov, Evans, Botteron, Almli, McKinstry and Collins (2011),
    doi:10.1016/j.neuroimage.2010.07.033.

    Examples
    --------
    >>> small_brain().shape
    (14, 14, 14)
    """
    with np.load(Path(__file__).with_name("samples") / "brain14.npz") as arrays:
        return arrays["voxels"] / np.float32(255)


def ultrasound():
    """Return one second of a film: a beating heart by ultrasound.

    Returns
    -------
    ndarray, shape (30, 240, 320), float32
        Brightness from 0 to 1; axes time, height, width; 33.333 ms from one frame to the next.

    Raises
    ------
    ModuleNotFoundError
        If pydicom, which carries it, is not installed.

    Notes
    -----
    The luma of the test file ``examples_ybr_color.dcm`` of pydicom (MIT), read from the package.
    Only the pixels are returned; the machine's settings are written at their edges.

    Examples
    --------
    >>> ultrasound().shape
    (30, 240, 320)
    """
    pydicom = _package.load("pydicom")
    file = _package.folder("pydicom") / "data" / "test_files" / "examples_ybr_color.dcm"
    return pydicom.dcmread(file).pixel_array[..., 0] / np.float32(255)


def vessel_tree(seed=0, *, noise=0.4):
    r"""Return a synthetic volume: a tree of thin vessels in noise, and where the vessels are.

    No scan: the tree is drawn at random. It enters through the middle of the first slice and
    forks four times. Its branches wind, and end where they leave the volume.

    .. math:: r_{\text{branch}} = 2^{-1/3}\, r_{\text{stem}}

    so that the cubes of the radii of both branches sum to that of their stem (Murray's law), from
    2 voxels down to 0.8. The tree, 1 on 0, is blurred by a Gaussian of σ = 0.7 voxels.

    Parameters
    ----------
    seed : int
        Of the tree; the noise has a stream of its own from it.
    noise : float
        Standard deviation of the normal noise, equal everywhere.

    Returns
    -------
    volume : ndarray, shape (72, 72, 72), float32
        Blurred vessels of brightness 1 at most, with noise; axes depth, height, width.
    mask : ndarray, shape (72, 72, 72), bool
        The voxels of the tree: in one piece.

    Raises
    ------
    TypeError, ValueError
        If the seed is no whole number from 0 on, or the noise is negative or no finite number.

    References
    ----------
    Murray (1926), doi:10.1073/pnas.12.3.207, on the radii.

    Examples
    --------
    >>> volume, mask = vessel_tree(seed=0)
    >>> volume.shape, f"{mask.mean():.2%} of the voxels"
    ((72, 72, 72), '0.50% of the voxels')
    """
    (seed,) = check.counts(0, seed=seed)
    if not 0 <= check.number("noise", noise) < inf:
        raise ValueError(f"noise={noise!r} must be at least 0, and finite")
    of_tree, of_noise = np.random.default_rng(seed).spawn(2)
    mask = np.zeros((_SIDE,) * 3, bool)
    tips = [(np.array([0, _SIDE / 2, _SIDE / 2]), np.array([1.0, 0, 0]))]
    for forks in range(5):
        paths, tips = _grown(of_tree, tips, turn=0.7 if forks else 0)
        outside = np.ones_like(mask)
        outside[tuple(np.array(paths).T)] = False
        mask |= ndimage.distance_transform_edt(outside) <= 2 ** (1 - forks / 3)
    volume = ndimage.gaussian_filter(mask.astype(np.float32), 0.7)
    return volume + np.float32(noise) * of_noise.standard_normal(mask.shape, np.float32), mask


def _grown(rng, tips, turn):
    """Return the voxels of the branches that grow from all tips, and the tips of the new ones."""
    paths, ends = [], []
    for start, ahead in tips:
        aside = _unit(np.cross(ahead, rng.standard_normal(3)))
        for side in (1, -1) if turn else (0,):
            place, heading = start, _unit(ahead + side * turn * aside)
            for _ in range(36):  # of half a voxel
                heading = _unit(heading + 0.12 * rng.standard_normal(3))
                place = place + heading / 2
                voxel = np.rint(place).astype(int)
                if voxel.min() < 0 or voxel.max() >= _SIDE:
                    break
                paths.append(voxel)
            else:
                ends.append((place, heading))
    return paths, ends


def _unit(vector):
    """Return a vector of length 1 in the same direction."""
    return vector / np.linalg.norm(vector)
