"""Copy the two small recordings that no light package carries (convlib/data/samples).

    python tools/make_samples.py

Their licences allow it: LICENSE.txt beside the copies.
"""

import io

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


if __name__ == "__main__":
    nuclei()
    speech()
