"""Layers built in PyTorch itself, where it is installed."""


def modules(torch, layers, device="meta"):
    """Build the same layers in PyTorch; on the device 'meta' they have shapes alone.

    What blocks hold has their names, or their numbers, as it has in `convlib.nn`.
    """
    nn = torch.nn

    def named(block, *inner, name=""):
        for place, each in enumerate(inner):
            block.add_module(getattr(each, "block_name", "") or str(place), each)
        block.block_name = name
        return block

    class Branches(nn.Module):
        def forward(self, x):
            first, *others = [branch(x) for branch in self.children()]
            for other in others:
                first = self.join(first, other)
            return first

    names = {"Sequential": lambda *inner, name="": named(nn.Sequential(), *inner, name=name)}
    for kind, join in (("Add", torch.add), ("Multiply", torch.mul),
                       ("Concat", lambda a, b: torch.cat([a, b], 1))):
        cls = type(kind, (Branches,), {"join": staticmethod(join)})
        names[kind] = lambda *inner, name="", cls=cls: named(cls(), *inner, name=name)
    with torch.device(device):
        return eval(repr(layers), vars(nn) | names)
