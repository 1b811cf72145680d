"""Random layers and blocks of them, as hypothesis draws them: any that can be made."""

import inspect

from hypothesis import strategies as st

from convlib.networks.network import Add, Concat, Multiply, Sequential
from convlib.networks.torch_text import BLOCKS, LAYERS

SINGLE = sorted(set(LAYERS) - set(BLOCKS))
flag, share = st.booleans(), st.floats(0, 1)


@st.composite
def leaves(draw, names=SINGLE, most=6):
    """Any layer with any arguments that it can be made with, none of them above ``most``."""
    def sized(axes, least=1):
        one = st.integers(least, min(most, 5))
        return one | st.tuples(*[one] * axes)

    name, whole = draw(st.sampled_from(names)), st.integers(1, most)
    make = LAYERS[name]
    axes, groups = int(name[-2]) if name[-2:] in ("1d", "2d", "3d") else 2, draw(whole)
    channels = whole.map(lambda n: n * groups)
    values = {
        "in_channels": channels, "out_channels": channels, "groups": st.just(groups),
        "in_features": whole, "out_features": whole, "num_features": whole, "upscale_factor": whole,
        "kernel_size": sized(axes), "stride": sized(axes), "dilation": sized(axes),
        "padding": sized(2 * axes if "Pad" in name else axes, 0),
        "output_padding": sized(axes, 0),
        "output_size": sized(axes),
        "num_groups": st.just(groups), "num_channels": channels, "value": share,
        "normalized_shape": sized(2), "elementwise_affine": flag,
        "approximate": st.sampled_from(["none", "tanh"]),
        "size": sized(axes) if name == "Upsample" else whole,
        "mode": st.sampled_from(["nearest", "bilinear"]),
        "eps": st.floats(1e-3, 1), "momentum": share | st.none(), "p": share, "alpha": share,
        "align_corners": flag | st.none(), "num_parameters": whole, "init": share,
        "padding_mode": st.sampled_from(["zeros"] + ["reflect", "replicate", "circular"] * (
            "Transpose" not in name)),
        "bias": flag, "ceil_mode": flag, "inplace": flag, "affine": flag, "return_indices": flag,
        "count_include_pad": flag,
    }
    parameters = inspect.signature(make).parameters
    chosen = {key for key, each in parameters.items() if each.default is each.empty}
    chosen |= {"size"} if name == "Upsample" else set()
    free = [key for key in parameters if key in values and key not in chosen]
    if free:
        chosen |= draw(st.sets(st.sampled_from(free), max_size=4))
    if "align_corners" in chosen:  # which the nearest number has not
        chosen |= {"mode"}
        values["mode"] = st.just("bilinear")
    return make(**{key: draw(values[key]) for key in sorted(chosen)})


def blocks(inner):
    lists, names = st.lists(inner, min_size=1, max_size=2), st.sampled_from(["", "conv1", "a 'b'"])
    return st.builds(lambda cls, layers, name: cls(*layers, name=name),
                     st.sampled_from([Sequential, Add, Multiply, Concat]), lists, names)


layers = st.recursive(leaves(), blocks, max_leaves=3)
