"""What ``print`` shows of a PyTorch module, as the calls that `torch_text` reads."""

import re

# "(conv1): Conv2d(…)", and "(0-3): 4 x Block(" where equal neighbours are shown once.
PART = re.compile(r"\s*\((?P<name>[^()]+)\): (?:(?P<times>\d+) x )?(?P<module>.*)")


def as_calls(text):
    """Return a printout with each line as a part of a call; other text as it is.

    Lines stay in their places, so that an error can name one.

    Parameters
    ----------
    text : str
        A printout, or calls.

    Returns
    -------
    str

    Examples
    --------
    >>> print(as_calls('''Sequential(
    ...   (stem): Sequential(
    ...     (0-1): 2 x ReLU()
    ...   )
    ... )'''))
    Sequential(
    Sequential(
    Repeat(2, ReLU()),
    name='stem'),
    ),
    """
    lines = text.splitlines()
    if not any(map(PART.match, lines)):
        return text
    calls, closings = [], []
    for line in lines:
        part = PART.match(line)
        module = part["module"].strip() if part else line.strip()
        start = f"Repeat({part['times']}, " if part and part["times"] else ""
        closing = ")," if not start else ")),"
        if module.endswith("("):
            name = part["name"] if part else ""
            closings.append(closing if name.isdecimal() or not name or start
                            else f"name={name!r}{closing}")
            calls.append(start + module)
        elif module == ")" and closings:
            calls.append(closings.pop())
        else:
            calls.append(start + module + (closing[1:] if part else ""))
    return "\n".join(calls)
