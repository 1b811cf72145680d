"""What both books share: theme, addresses, local assets, and the two languages.

Jupyter Book's two configuration files hold only what differs. The rest is here, once.
"""

import tomllib
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

import languages

from convlib.explorables import NAMES, bundle

ROOT = Path(__file__).parents[1]
FONT = ROOT / "convlib" / "fonts" / "NotoSansSC-subset.otf"
SEARCH_TEXT = {"en": "Search this book", "zh": "搜索本书"}
# What the extensions say to the reader and do not translate themselves.
CHINESE = {
    "nb_code_prompt_show": "显示代码",
    "nb_code_prompt_hide": "隐藏代码",
    "togglebutton_hint": "点击展开",
    "togglebutton_hint_hide": "点击收起",
}


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
    config.html_context |= {"default_mode": "auto"}
    config.html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "path_to_docs": "",
        "use_repository_button": True,
        "home_page_in_toc": True,
        "navbar_persistent": [],  # the search field stands in the side bar
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
    (folder / "explorables.js").write_text(bundle.page_script(NAMES), encoding="utf-8")
    (folder / "explorables.css").write_text(bundle.styles(*NAMES), encoding="utf-8")
    copyfile(FONT, folder / "chinese.otf")
    for name in ("book.css", "book.js"):
        copyfile(Path(__file__).with_name(name), folder / name)
    # One file draws every formula as SVG and needs no fonts: 2 MB in place of the package's 24.
    mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent
    copyfile(mathjax / "static/mathjax/tex-svg.js", folder / "mathjax/tex-svg.js")
    return folder


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
    config.ogp_enable_meta_description = True
    config.ogp_social_cards = {"enable": False}
    app.add_css_file("book.css")
    app.add_css_file("explorables.css")
    app.add_js_file("book.js", loading_method="defer")
    app.add_js_file("explorables.js", loading_method="defer")
    app.connect("config-inited", configure, priority=100)
    app.connect("html-page-context", languages.add_links)
    app.config.templates_path.append(str(Path(__file__).with_name("templates")))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
