"""What both books share: theme, addresses, local assets, and the two languages.

Jupyter Book's two configuration files hold only what differs. The rest is here, once.
"""

import tomllib
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

import anchors
import descriptions
import explorable_files
import folds
import fonts
import languages
import numbering
import punctuation

ROOT = Path(__file__).parents[1]
LOGO = Path(__file__).with_name("logo.svg")
SEARCH_TEXT = {"en": "Search this book", "zh": "搜索本书"}
# What the extensions say to the reader and do not translate themselves.
CHINESE = {
    "togglebutton_hint": "点击展开",
    "togglebutton_hint_hide": "点击收起",
    "template_bridge": "chinese_interface.Templates",
}
LICENCE = {"en": "Text and code: MIT License", "zh": "文字与代码以 MIT 许可证发布"}


def addresses():
    """Return the repository's and the site's addresses, set in pyproject.toml alone."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    return urls["Repository"], urls["Homepage"]


def configure(app, config):
    """Set what both languages share."""
    repository, site = addresses()
    lang = languages.of_book(config)
    config.html_baseurl = f"{site}/{lang}/"
    config.ogp_site_url = config.html_baseurl
    config.project = config.ogp_site_name = config.html_title
    config.ogp_image = f"{site}/social.png"
    config.html_favicon = config.html_logo = str(LOGO)
    config.numfig_format = numbering.FORMATS[lang]
    config.html_context |= {
        "default_mode": "auto",
        "licence": {"text": LICENCE[lang], "url": f"{repository}/blob/main/LICENSE"},
    }
    config.html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "path_to_docs": "",
        "use_repository_button": True,
        "home_page_in_toc": False,  # the book's name above the contents leads there
        "logo": {"text": config.html_title},
        "navbar_persistent": [],  # the search field stands in the side bar
        "footer_content_items": ["copyright.html"],
        "article_header_end": ["language-switch.html", "article-header-buttons.html"],
        "search_bar_text": SEARCH_TEXT[lang],
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }
    if lang == "zh":
        for name, text in CHINESE.items():
            config[name] = text
    config.html_static_path.append(str(local_assets(app)))


def local_assets(app):
    """Gather all that a page loads, so that no page asks another host for anything."""
    folder = Path(app.doctreedir) / "book_static"
    (folder / "mathjax").mkdir(parents=True, exist_ok=True)
    explorable_files.write(folder)
    copyfile(fonts.WHOLE, folder / "chinese.otf")
    (folder / "chinese-marks.woff").write_bytes(fonts.cut("—‘’“”…"))
    for name in ("book.css", "book.js"):
        copyfile(Path(__file__).with_name(name), folder / name)
    # One file draws every formula as SVG and needs no fonts: 2 MB in place of the package's 24.
    mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent
    copyfile(mathjax / "static/mathjax/tex-svg.js", folder / "mathjax/tex-svg.js")
    return folder


def set_titles(app, pagename, templatename, context, doctree):
    """Say the chapter's number in print too, and the book's name once on its own page."""
    context["pagetitle"] = context.get("title")
    if pagename == app.config.root_doc:
        context["docstitle"] = ""


def setup(app):
    """Register the book's settings and its small extensions."""
    for extension in ("sphinx_exercise", "sphinxext.opengraph", "bibliography", "search"):
        app.setup_extension(extension)
    config = app.config
    config.mathjax_path = "mathjax/tex-svg.js"
    config.myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
    config.nb_ipywidgets_js = {}  # explorables mount themselves: no widget manager, no other host
    config.nb_mime_priority_overrides = [("html", "text/html", 1)]
    config.nb_execution_show_tb = True
    config.ogp_social_cards = {"enable": False}
    app.add_css_file("book.css")
    app.add_js_file("book.js", loading_method="defer")
    app.connect("config-inited", configure, priority=100)
    app.connect("html-page-context", languages.add_links)
    app.connect("html-page-context", languages.add_way_back)
    app.connect("html-page-context", descriptions.add, priority=400)  # before opengraph
    app.connect("html-page-context", set_titles)
    app.connect("html-page-context", explorable_files.add)
    app.connect("builder-inited", numbering.use_labels, priority=800)  # after the theme's writers
    app.connect("source-read", anchors.name_sections)
    app.add_transform(anchors.NamedSections)
    app.add_post_transform(folds.FoldPrompts)
    app.add_post_transform(numbering.ChineseExercises)
    app.add_post_transform(punctuation.KeepPunctuation)
    app.config.templates_path.insert(0, str(Path(__file__).with_name("templates")))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
