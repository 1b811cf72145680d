"""What a page says about itself to those who link to it: its first paragraph."""

from html import escape

from docutils import nodes
from languages import of_book

BOOK = {
    "en": "A textbook that you can run: the kinds of convolution in deep learning. Every figure "
          "is computed, every explorable is live.",
    "zh": "一本可以运行的教科书，讲深度学习中的各种卷积：每幅图都由代码算出，"
          "每个演示都可以亲手操作。",
}


def first_paragraph(doctree):
    """Return the first paragraph under the title, or None."""
    for section in doctree.findall(nodes.section):
        for paragraph in section.children:
            if isinstance(paragraph, nodes.paragraph):
                return " ".join(paragraph.astext().split())
    return None


def add(app, pagename, templatename, context, doctree):
    """Describe the page, in its head and in the cards that other sites make of it."""
    text = doctree and first_paragraph(doctree) or BOOK[of_book(app.config)]
    context["metatags"] = (context.get("metatags", "")
                           + f'\n<meta name="description" content="{escape(text)}" />')
    context["meta"] = (context.get("meta") or {}) | {"og:description": escape(text)}
