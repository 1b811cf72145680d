"""Copy what no light package carries, small enough to keep (convlib/data/samples).

    python tools/make_samples.py

Their licences allow it: LICENSE.txt beside the copies.
"""

import gzip
import io

import nibabel
import numpy as np
import scipy.io.wavfile
import tifffile
import wheels

FOLDER = wheels.ROOT / "convlib" / "data" / "samples"


def nuclei():
    """Keep a micrograph and the numbers of its nuclei; both fit in eight bits."""
    files = [f"stardist/data/images/{name}.tif" for name in ("img2d", "mask2d")]
    stored = {file: wheels.read("stardist", "0.9.2", file) for file in files}
    image, masks = (tifffile.imread(io.BytesIO(content)) for content in stored.values())
    assert image.max() < 256 and masks.max() < 256
    wheels.keep(FOLDER / "nuclei.npz", {
        "image": image.astype(np.uint8), "masks": masks.astype(np.uint8),
    }, {
        "title": "Nuclei, fluorescence microscopy, and a mask of each",
        "credit": "2018 Data Science Bowl, Caicedo et al. 2019, doi:10.1038/s41592-019-0612-7;"
                  " Broad Bioimage Benchmark Collection, image set BBBC038v1",
        "licence": "CC0-1.0",
        "package": "stardist", "version": "0.9.2",
    }, stored)


def speech():
    """Keep one sentence of CMU ARCTIC."""
    file = "pysptk/example_audio_data/arctic_a0007.wav"
    stored = wheels.read("pysptk", "1.0.1", file)
    rate, samples = scipy.io.wavfile.read(io.BytesIO(stored))
    assert rate == 16000 and samples.dtype == np.int16
    wheels.keep(FOLDER / "speech.npz", {"samples": samples}, {
        "title": "A sentence read aloud, 16,000 samples a second",
        "credit": "CMU ARCTIC, speaker AWB, sentence a0007; Copyright (c) 2003 Carnegie Mellon"
                  " University; Kominek and Black 2003, CMU-LTI-03-177",
        "licence": "LicenseRef-CMU-ARCTIC",
        "package": "pysptk", "version": "1.0.1",
    }, {file: stored})


def brain14():
    """Keep the mean of each block of 11 x 13 x 11 mm of a brain: 14 x 14 x 14 of them hold it."""
    file = "nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    stored = wheels.read("nilearn", "0.13.1", file)
    whole = np.asarray(nibabel.Nifti1Image.from_bytes(gzip.decompress(stored)).dataobj)
    assert whole.dtype == np.uint8 and whole.shape == (197, 233, 189)
    part = whole[21:175, 26:208, :154]  # left to right, back to front, foot to head
    blocks = part.reshape(14, 11, 14, 13, 14, 11).mean((1, 3, 5))
    voxels = np.rint(blocks).astype(np.uint8).transpose(2, 1, 0)[:, ::-1]
    wheels.keep(FOLDER / "brain14.npz", {"voxels": np.ascontiguousarray(voxels)}, {
        "title": "A brain in 14 x 14 x 14 voxels of 11 x 13 x 11 mm: means of the template MNI152",
        "credit": "ICBM152 2009a nonlinear symmetric, T1; Copyright (C) 1993-2009 Louis Collins,"
                  " McConnell Brain Imaging Centre, Montreal Neurological Institute, McGill"
                  " University; Fonov et al. 2011, doi:10.1016/j.neuroimage.2010.07.033",
        "licence": "LicenseRef-MNI-ICBM152",
        "package": "nilearn", "version": "0.13.1",
    }, {file: stored})


if __name__ == "__main__":
    nuclei()
    speech()
    brain14()
