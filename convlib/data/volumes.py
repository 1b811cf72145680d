"""A brain, and a film: three axes along which a kernel can move."""

from pathlib import Path

import numpy as np

from convlib import _check as check
from convlib.data import _package

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
