"""What all explorables share: labels, limits, and a life on pages that have no kernel."""

import json
import re
from html import escape

import anywidget
import traitlets

from convlib import i18n
from convlib.explorables import bundle
from convlib.explorables.traits import describe


class Explorable(anywidget.AnyWidget):
    """A figure that the reader can operate, in a notebook and on a static page alike.

    A subclass sets ``name`` (the stem of its script in ``static/`` and the prefix of its labels),
    ``space``, and its state as traits tagged ``sync=True, state=True``. What the reader may see but
    not set by the address bar (a photograph, say) is tagged ``sync=True, state=False``. It draws
    itself where no script runs in `still`.

    Parameters
    ----------
    ask : str
        The question that is asked before anything is answered: the KEY of the labels
        ``NAME.ask.KEY``, ``NAME.ask.KEY.1`` and so on, ``NAME.ask.KEY.answer``; ``''`` for none.
    anchor : str
        The id of the explorable on a page, to which its links lead; ``explorable-NAME`` by default.
    **state
        Initial values of the other traits.

    Raises
    ------
    TypeError
        If a trait is not known.
    ValueError
        If a value is not within a trait's limits, or a question or an anchor is none.
    """

    name = ""
    space = (600, 800)  # pixels that it takes on a page, 1280 and 390 pixels wide: kept free for it
    labels = traitlets.Dict(read_only=True).tag(sync=True)
    fields = traitlets.Dict(read_only=True).tag(sync=True)
    ask = traitlets.Unicode("").tag(sync=True, state=False)
    anchor = traitlets.Unicode("").tag(sync=True, state=False)

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

    @traitlets.default("fields")
    def _fields(self):
        return {name: describe(self.traits()[name]) for name in self.state_names()}

    @traitlets.validate("ask")
    def _check_ask(self, proposal):
        prefix = f"{self.name}.ask."
        known = {key.removeprefix(prefix).split(".")[0] for key in self.labels
                 if key.startswith(prefix)}
        if proposal.value and proposal.value not in known:
            raise traitlets.TraitError(f"ask={proposal.value!r} is none of its questions: "
                                       f"{', '.join(sorted(known)) or 'it has none'}")
        return proposal.value

    @traitlets.validate("anchor")
    def _check_anchor(self, proposal):
        if proposal.value and not re.fullmatch(r"[a-z][a-z0-9_-]*", proposal.value):
            raise traitlets.TraitError(f"anchor={proposal.value!r} must be small letters, digits, "
                                       f"- and _, a letter first")
        return proposal.value

    @classmethod
    def state_names(cls):
        """Return the names of the traits that make up the state a link can carry."""
        return list(cls.class_traits(state=True))

    @classmethod
    def shown_names(cls):
        """Return the names of all traits that the front end shows, linkable or not."""
        return list(cls.class_traits(state=lambda tagged: tagged is not None))

    def still(self):
        """Return the state as an SVG picture: what paper and a page without JavaScript show."""
        raise NotImplementedError(f"{type(self).__name__} has no still picture: give it a still()")

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
            "fields": self.fields,
            "labels": self.labels,
        }
        # "<" never appears, so that no text can end the element or start another.
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        text = text.replace("<", "\\u003c")
        wide, narrow = self.space
        anchor = self.anchor or f"explorable-{self.name}"
        return (
            f'<div class="convlib" id="{anchor}" data-explorable="{self.name}" '
            f'style="--cv-wide:{wide}px;--cv-narrow:{narrow}px">'
            f'<script type="application/json">{text}</script>'
            f'<div class="cv cv-still"><strong>{escape(self.labels[f"{self.name}.title"])}</strong>'
            f"{self.still()}<noscript>{self.labels['explorable.noscript']}</noscript></div></div>"
        )

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/plain": repr(self), "text/html": self.page_html()}, metadata
