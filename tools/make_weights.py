"""Take P-Net's trained weights out of the facenet-pytorch wheel (MIT) as plain arrays.

    pip download --no-deps facenet-pytorch==2.6.0
    python tools/make_weights.py facenet_pytorch-2.6.0-py3-none-any.whl

Needs PyTorch, which can read the file; the book itself does not.
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch

OUTPUT = Path(__file__).parents[1] / "convlib" / "weights" / "pnet.npz"


def main():
    """Write the weights under the names they have there."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        stored = io.BytesIO(wheel.read("facenet_pytorch/data/pnet.pt"))
    state = torch.load(stored, weights_only=True)
    np.savez(OUTPUT, **{name: tensor.numpy() for name, tensor in state.items()})
    print(OUTPUT.name, OUTPUT.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
