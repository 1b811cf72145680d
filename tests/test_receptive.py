"""Receptive fields against brute force, the engine's interpolation and published formulas."""

from fractions import Fraction
from math import ceil, sqrt

import engines
import numpy as np
import pytest
from cases import narrow
from hypothesis import assume, given
from hypothesis import strategies as st

from convlib import receptive, resampling, shapes

small = st.integers(1, 4)

# Layers along one axis, by their definitions on signals (n, length): every kernel is of ones, and
# what lies outside the signal is ``outside``.


def conv(x, outside, k, s, p, d):
    x = np.pad(x, ((0, 0), (p, p)), constant_values=outside)
    count = (x.shape[1] - d * (k - 1) - 1) // s + 1
    return sum(x[:, d * m : d * m + s * (count - 1) + 1 : s] for m in range(k))


def conv_transpose(x, outside, k, s, p, d, a):
    beyond = d * k  # as many positions outside as can reach in
    length = s * (x.shape[1] - 1) + d * (k - 1) + 1 - 2 * p + a
    x = np.pad(x, ((0, 0), (beyond, beyond)), constant_values=outside)
    full = np.zeros((len(x), s * x.shape[1] + d * k + a))
    for m in range(k):
        full[:, d * m : d * m + s * (x.shape[1] - 1) + 1 : s] += x
    return full[:, s * beyond + p : s * beyond + p + length]


def adaptive(x, n):
    i = x.shape[1]
    return np.stack([x[:, o * i // n : ceil((o + 1) * i / n)].sum(1) for o in range(n)], 1)


def upsample(x, factor, mode):
    if mode == "nearest":
        return np.repeat(x, factor, 1)
    # A tent twice as wide as the steps; where they are odd its ends are 0 and fall away.
    places = (np.arange(factor * x.shape[1]) + 0.5) / factor - 0.5
    tent = 1 - np.abs(places - np.arange(x.shape[1])[:, None])
    return x @ np.where(tent > 1e-9, tent, 0)


OPERATIONS = {
    "conv": (conv, receptive.conv_window,
             lambda o, k, s, p, d: s * o + Fraction(d * (k - 1), 2) - p),
    "transpose": (conv_transpose, receptive.conv_transpose_window,
                  lambda o, k, s, p, d, a: (o + p - Fraction(d * (k - 1), 2)) / s),
}


@st.composite
def stacks(draw):
    """A few layers whose steps stay small, so that a signal of 90 has a middle behind them."""
    layers, step = [], Fraction(1)
    for _ in range(draw(st.integers(1, 4))):
        k, d = draw(small), draw(st.integers(1, 3))
        if draw(st.booleans()):
            s = draw(st.integers(1, 3 if step < 2 else 1))
            p = draw(st.integers(0, 3))
            layers.append(("conv", dict(k=k, s=s, p=p, d=d)))
            step *= s
        else:
            s = draw(st.integers(1, 3 if step > Fraction(1, 3) else 1))
            p = draw(st.integers(0, 3))
            a = draw(st.integers(0, max(s, d) - 1))
            layers.append(("transpose", dict(k=k, s=s, p=p, d=d, a=a)))
            step /= s
    return layers


@given(stacks(), st.integers(90, 110))
def test_receptive_fields_are_what_changes_an_output(layers, length):
    alone = np.eye(length)  # one signal for each input
    marked = np.zeros((1, length))  # not a number wherever a border is seen
    windows = []
    for kind, how in layers:
        operation, window, _ = OPERATIONS[kind]
        alone, marked = operation(alone, 0, **how), operation(marked, np.nan, **how)
        windows.append(window(how["k"], stride=how["s"], padding=how["p"], dilation=how["d"]))
        if kind == "conv":
            size = shapes.conv_output_size(length, how["k"], stride=how["s"], padding=how["p"],
                                           dilation=how["d"])
        else:
            size = shapes.conv_transpose_output_size(
                length, how["k"], stride=how["s"], padding=how["p"], dilation=how["d"],
                output_padding=how["a"])
        length = alone.shape[1]
        assert size == length
    field = receptive.receptive_field(windows)
    middle = np.flatnonzero(~np.isnan(marked[0]))
    assert len(middle) >= len(field.spans)  # every output of the pattern is seen
    sizes = []
    for output in middle.tolist():
        inputs = np.flatnonzero(alone[:, output])
        if len(inputs) == 0:
            assert field.of(output) is None
            with pytest.raises(ValueError, match="no input counts"):
                receptive.effective_receptive_field(windows, output)
            continue
        assert field.of(output) == (inputs[0], inputs[-1])
        sizes.append(inputs[-1] - inputs[0] + 1)
    assert field.size == max(sizes, default=0)
    if sizes:
        output = next(o for o in middle.tolist() if alone[:, o].any())
        effective = receptive.effective_receptive_field(windows, output)
        ways = alone[effective.first : effective.first + len(effective.weights), output]
        np.testing.assert_allclose(effective.weights / effective.weights.sum(),
                                   ways / alone[:, output].sum(), rtol=1e-12, atol=1e-15)
    for output in (0, 1, 5):  # the centre is where the layers' centres lead back to
        place = Fraction(output)
        for kind, how in reversed(layers):
            place = OPERATIONS[kind][2](place, **how)
        assert field.offset + output * field.jump == place


@given(st.integers(1, 30), st.integers(1, 12), st.integers(2, 4), small)
def test_pooled_and_interpolated_fields(length, n, factor, k):
    """Windows that depend on the sizes: nothing lies outside, or the border repeats."""
    eye = np.eye(length)
    window = receptive.adaptive_pool_window(length, n)
    assert [list(window.of(o)) for o in range(n)] == [
        np.flatnonzero(column).tolist() for column in adaptive(eye, n).T]
    assert window.offset == Fraction(length, 2 * n) - Fraction(1, 2)
    for mode in ("nearest", "linear") if length > 1 else ("nearest",):
        window = receptive.upsample_window(length, factor * length, mode)
        matrix = upsample(eye, factor, mode)
        for o, column in enumerate(matrix.T):
            inside = [i for i in window.of(o) if 0 <= i < length]
            assert inside == np.flatnonzero(column).tolist()
        assert window.jump == Fraction(1, factor)
        assert window.offset == Fraction(1, 2 * factor) - Fraction(1, 2)
    corners = receptive.upsample_window(length, length + n, align_corners=True, mode="linear")
    assert list(corners.of(0)) == [0]
    assert list(corners.of(length + n - 1)) == [length - 1 if length > 1 else 0]
    # Up and down again: the pattern of the middle is gone.
    field = receptive.receptive_field([receptive.upsample_window(length, factor * length),
                                    receptive.conv_window(factor, stride=factor)])
    assert field == receptive.ReceptiveField()


@pytest.mark.parametrize("mode", ["nearest", "linear", "align_corners"])
@pytest.mark.parametrize(("length", "n"), [(5, 7), (4, 8), (7, 3), (1, 6), (6, 1), (3, 13)])
def test_interpolation_reads_what_the_engine_reads(mode, length, n):
    eye = np.eye(length)[:, None]
    ways = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    if mode != "nearest":
        ways = dict(mode="linear", coordinate_transformation_mode={
            "linear": "half_pixel"}.get(mode, mode))
    sizes = np.array([length, 1, n])
    theirs = engines.run("Resize", [*narrow(eye), None, None, sizes], **ways)[0][:, 0]
    window = receptive.upsample_window(length, n, "nearest" if mode == "nearest" else "linear",
                                    align_corners=mode == "align_corners")
    for o in range(n):
        ours = {min(max(i, 0), length - 1) for i in window.of(o)}  # the border repeats
        assert ours == set(np.flatnonzero(theirs[:, o] > 1e-6).tolist())


@pytest.mark.parametrize("mode", ["nearest", "linear", "align_corners"])
@given(st.integers(1, 30), st.one_of(st.floats(0.05, 4), st.sampled_from([0.7, 1.1, 1.5, 2.0])))
def test_a_factor_that_is_given_stays(mode, length, factor):
    """The window reads what `interpolate` reads, which is PyTorch's."""
    n = int(length * factor)
    assume(n > 0)
    how = dict(mode="nearest") if mode == "nearest" else dict(
        mode="bilinear", align_corners=mode == "align_corners")
    # The weights of the pixels, to the digits that float64 places leave.
    rows = resampling.interpolate(np.eye(length)[:, None, None], scale_factor=(1.0, factor), **how)
    window = receptive.upsample_window(length, n, "nearest" if mode == "nearest" else "linear",
                                       mode == "align_corners", factor)
    for o, weights in enumerate(rows[:, 0, 0].T):
        ours = {min(max(i, 0), length - 1) for i in window.of(o)}
        theirs = set(np.flatnonzero(weights > 1e-9).tolist())
        assert ours == theirs or mode != "nearest" and ours > theirs and len(theirs) == 1


@pytest.mark.parametrize("n", [1, 2, 5, 20, 80])
@pytest.mark.parametrize("k", [2, 3, 5, 7])
def test_effective_field_of_a_stack(n, k):
    windows = [receptive.conv_window(k)] * n
    effective = receptive.effective_receptive_field(windows)
    field = receptive.receptive_field(windows)
    assert len(effective.weights) == field.size == n * (k - 1) + 1
    assert effective.std == pytest.approx(sqrt(n * (k**2 - 1) / 12), rel=1e-12)
    assert effective.mean == pytest.approx(float(field.offset), abs=1e-9)
    assert effective.weights.sum() == pytest.approx(1, rel=1e-12)
    assert effective.share(field.size / 2) == pytest.approx(1, rel=1e-12)
    inside = np.abs(np.arange(field.size) - (field.size - 1) / 2) <= 2 * effective.std
    assert effective.share(2 * effective.std) == pytest.approx(effective.weights[inside].sum())
    if n == 80:  # close to a Gaussian: 95.45 % within two standard deviations, 4.55 % at 2.49
        assert effective.share(2 * effective.std) == pytest.approx(0.9545, abs=0.012)
        assert effective.size == pytest.approx(2 * 2.486 * effective.std, abs=2)
        assert effective.size < field.size


def test_effective_field_of_branches():
    identity = receptive.effective_receptive_field([])
    box = receptive.effective_receptive_field([receptive.conv_window(3, padding=1)])
    joined = identity.join(box)
    assert joined.first == -1
    np.testing.assert_allclose(joined.weights, [1 / 3, 4 / 3, 1 / 3], rtol=1e-12)


def test_fields_of_branches():
    start = receptive.ReceptiveField()
    wide = start.through(receptive.conv_window(5, padding=2))
    assert start.join(wide) == wide
    off = start.join(start.through(receptive.conv_window(2)))
    assert off == receptive.ReceptiveField(((0, 1),), 1, Fraction(1, 4))
    up = start.through(receptive.conv_transpose_window(2, stride=2))
    again = up.through(receptive.conv_transpose_window(2, stride=2))
    back = again.through(receptive.conv_window(1, stride=2))
    assert len(again.spans) == 4 and up.join(back).spans == ((0, 0), (0, 0))
    with pytest.raises(ValueError, match="branches' outputs lie 1, 1/2 inputs apart"):
        start.join(up)
    # A kernel smaller than the stride leaves outputs that touch nothing.
    gaps = start.through(receptive.conv_transpose_window(1, stride=3))
    assert gaps.spans == ((0, 0), None, None) and gaps.size == 1
    assert gaps.join(gaps) == gaps


def test_long_kernels_take_no_time():
    window = receptive.conv_window(10**9, dilation=7)
    field = receptive.receptive_field([receptive.conv_transpose_window(10**9, stride=6, dilation=4),
                                    window])
    assert field.jump == Fraction(1, 6)
    single = receptive.receptive_field([window, receptive.conv_window(3, stride=2)])
    assert single.size == 7 * (10**9 - 1) + 3
    with pytest.raises(ValueError, match="too many|over the"):
        receptive.effective_receptive_field([window])


def test_checkerboards():
    overlaps = {(1, 2): {2}, (2, 2): {1}, (2, 4): {2}, (2, 3): {1, 2}, (2, 5): {2, 3}}
    for (s, k), counts in overlaps.items():
        inputs = receptive.conv_transpose_window(k, stride=s).inputs
        assert {len(touched) for touched in inputs} == counts


BAD = [
    (lambda: receptive.conv_window((3, 3)), ValueError, "kernel_size"),
    (lambda: receptive.conv_window(3, padding=-1), ValueError, "padding=-1"),
    (lambda: receptive.conv_window(True), TypeError, "kernel_size"),
    (lambda: receptive.conv_transpose_window(3, stride=10**9), ValueError, "smaller stride"),
    (lambda: receptive.adaptive_pool_window(10**9, 10**9), ValueError, "output size"),
    (lambda: receptive.adaptive_pool_window(0, 1), ValueError, "size=0"),
    (lambda: receptive.upsample_window(4, 8, "cubic"), ValueError, "'cubic'"),
    (lambda: receptive.receptive_field([receptive.conv_transpose_window(2, stride=300)] * 2),
     ValueError, "different outputs"),
    (lambda: receptive.effective_receptive_field([], -1), ValueError, "output=-1"),
    (lambda: receptive.effective_receptive_field([receptive.conv_transpose_window(1, stride=2)], 1),
     ValueError, "no input counts"),
]


@pytest.mark.parametrize(("call", "error", "text"), BAD)
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()
