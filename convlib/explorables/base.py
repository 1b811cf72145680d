"""What all explorables share: labels, limits, and a life on pages that have no kernel."""

import json

import anywidget
import traitlets

from convlib import i18n
from convlib.explorables import bundle
from convlib.explorables.traits import describe


class Explorable(anywidget.AnyWidget):
    """A figure that the reader can operate, in a notebook and on a static page alike.

    A subclass sets ``name`` (the stem of its script in ``static/`` and the prefix of its labels)
    and declares its state as traits tagged ``sync=True, state=True``. What the reader may see but
    not set by the address bar (a photograph, say) is tagged ``sync=True, state=False``.

    Parameters
    ----------
    **state
        Initial values of the traits.

    Raises
    ------
    TypeError
        If a trait is not known.
    ValueError
        If a value is not within a trait's limits.
    """

    name = ""
    labels = traitlets.Dict(read_only=True).tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        """Give the class its script and style sheet."""
        # traitlets makes a further subclass of each widget's class: that one has them already.
        if "name" in cls.__dict__:
            cls._esm = bundle.module(cls.name)
            cls._css = bundle.styles(cls.name)
        super().__init_subclass__(**kwargs)

    def __init__(self, **state):
        unknown = sorted(set(state) - set(self.shown_names()))
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no {', '.join(unknown)}: "
                f"it takes {', '.join(sorted(self.shown_names()))}"
            )
        try:
            super().__init__(**state)
        except traitlets.TraitError as error:
            raise ValueError(f"{type(self).__name__}: {error}") from None

    @traitlets.default("labels")
    def _labels(self):
        prefixes = ("explorable.", "tensor.", f"{self.name}.")
        texts = i18n.labels(i18n.language())
        return {key: text for key, text in texts.items() if key.startswith(prefixes)}

    @classmethod
    def state_names(cls):
        """Return the names of the traits that make up the state a link can carry."""
        return list(cls.class_traits(state=True))

    @classmethod
    def shown_names(cls):
        """Return the names of all traits that the front end shows, linkable or not."""
        return list(cls.class_traits(state=lambda tagged: tagged is not None))

    def __repr__(self):
        """Return the call that makes this state, with the defaults left out."""
        defaults = self.trait_defaults()
        changed = [f"{name}={getattr(self, name)!r}" for name in self.shown_names()
                   if not self.traits()[name].read_only and getattr(self, name) != defaults[name]]
        return f"{type(self).__name__}({', '.join(changed)})"

    def page_html(self):
        """Return the element that ``mount.js`` brings to life on a page without a kernel."""
        content = {
            "state": {name: getattr(self, name) for name in self.shown_names()},
            "fields": {name: describe(self.traits()[name]) for name in self.state_names()},
            "labels": self.labels,
        }
        # "<" never appears, so that no text can end the element or start another.
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        text = text.replace("<", "\\u003c")
        return (
            f'<div class="convlib" data-explorable="{self.name}">'
            f'<script type="application/json">{text}</script>'
            f"<noscript>{self.labels['explorable.noscript']}</noscript></div>"
        )

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/plain": repr(self), "text/html": self.page_html()}, metadata
