"""Cases of the ways to enlarge a flat input: what convlib makes of random settings."""

from convlib.explorables import Checkerboard
from convlib.explorables.checkerboard import INPUTS, MOST_STRIDE, WIDEST

WAYS = Checkerboard.upsampling.values


def random_checkerboard(rng):
    """Return an explorable with random settings."""
    return Checkerboard(kernel_size=int(rng.integers(1, WIDEST + 1)),
                        stride=int(rng.integers(1, MOST_STRIDE + 1)),
                        upsampling=str(rng.choice(WAYS)),
                        weights=str(rng.choice(["ones", "random"])),
                        seed=int(rng.integers(10_000)))


def enlarging_cases(rng):
    """Yield the cases of random weights, of stamps, of a flat input, and of what repeats inside."""
    board = random_checkerboard(rng)
    line, square = board.kernels[0][:, 0, 0].tolist(), board.kernels[1][:, 0].tolist()
    up, s = board.upsampling, board.stride
    drawn = Checkerboard(kernel_size=board.kernel_size, stride=s, upsampling=up, weights="random",
                         seed=board.seed).kernels
    yield "enlargingKernels", [up, board.kernel_size, s, board.seed], {
        "line": drawn[0][:, 0, 0].tolist(), "square": drawn[1][:, 0].tolist()}
    yield "enlargedStamps", [up, INPUTS, line, s], board.stamps.tolist()
    yield "enlargedFlat", [up, INPUTS, square, s], board.output.tolist()
    yield "repeating", [up, line, square, s], {"line": board.line_phases.tolist(),
                                               "square": board.phases.tolist()}
