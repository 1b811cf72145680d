"""The theme's and the extensions' words to the reader that nobody has translated into Chinese.

Buttons' hints and names for screen readers stand in templates and writers of four packages, some
of them outside gettext. All of them pass through here on their way to the page.
"""

import re

from sphinx.jinja2glue import BuiltinTemplateLoader

WORDS = {
    "Main": "全书目录",
    "Page": "本页目录",
    "Toggle primary sidebar": "显示或隐藏全书目录",
    "Toggle secondary sidebar": "显示或隐藏本页目录",
    "Toggle hidden content": "展开或收起",
    "Launch interactive content": "在线运行",
    "Launch on Binder": "在 Binder 中运行",
    "Launch on Colab": "在 Colab 中运行",
    "Binder logo": "Binder 标志",
    "Colab logo": "Colab 标志",
    "列印成 PDF": "打印为 PDF",
    "Color mode": "颜色模式",
    "System Settings": "跟随系统",
    "Link to this heading": "本节的链接",
    "Link to this image": "本图的链接",
    "Link to this table": "本表的链接",
    "Link to this code": "这段代码的链接",
    "Link to this equation": "本式的链接",
    "Link to this term": "本条的链接",
}
_ATTRIBUTE = re.compile(r'\b(title|aria-label|alt|data-bs-title)="([^"]+)"')


def translate(html):
    """Return a page with the hints of its buttons and links in Chinese.

    >>> translate('<a title="Link to this heading">Page</a>')
    '<a title="本节的链接">Page</a>'
    """
    return _ATTRIBUTE.sub(lambda m: f'{m[1]}="{WORDS.get(m[2], m[2])}"', html)


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, with these words put in."""

    def render(self, template, context):
        return translate(super().render(template, context))
