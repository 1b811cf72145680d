"""What is folded says whether it is code or its output, in the book's language."""

import languages
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

PROMPTS = {
    "en": {"code": ("Show code", "Hide code"), "output": ("Show output", "Hide output")},
    "zh": {"code": ("显示代码", "隐藏代码"), "output": ("显示输出", "隐藏输出")},
}


class FoldPrompts(SphinxPostTransform):
    """Name the folds that myst-nb has made, which it does at priority 199."""

    default_priority = 200

    def run(self, **kwargs):
        """Go through a page's folds."""
        prompts = PROMPTS[languages.of_book(self.config)]
        for fold in self.document.findall(HideCodeCellNode):
            kind = "code" if "above-input" in fold["classes"] else "output"
            fold["prompt_show"], fold["prompt_hide"] = prompts[kind]
