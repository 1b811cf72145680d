"""Layers built in PyTorch itself, where it is installed."""


def modules(torch, layers, device="meta"):
    """Build the same layers in PyTorch; on the device 'meta' they have shapes alone."""
    nn = torch.nn

    class Branches(nn.Module):
        def __init__(self, *branches):
            super().__init__()
            self.branches = nn.ModuleList(branches)

        def forward(self, x):
            first, *others = [branch(x) for branch in self.branches]
            for other in others:
                first = self.join(first, other)
            return first

    names = {"Sequential": lambda *layers, name="": nn.Sequential(*layers)}
    for kind, join in (("Add", torch.add), ("Multiply", torch.mul),
                       ("Concat", lambda a, b: torch.cat([a, b], 1))):
        cls = type(kind, (Branches,), {"join": staticmethod(join)})
        names[kind] = lambda *branches, name="", cls=cls: cls(*branches)
    with torch.device(device):
        return eval(repr(layers), vars(nn) | names)
