"""Every page knows the same page in the other language.

The books stand beside each other (``en/``, ``zh/``) and their notebooks have the same names
(``chapters/en/…``, ``chapters/zh/…``), so the way from one to the other is a rule, not a list.
"""

from sphinx.util.osutil import relative_uri

OTHER = {"en": "zh", "zh": "en"}
HREFLANG = {"en": "en", "zh": "zh-Hans"}
NAME = {"en": "English", "zh": "简体中文"}
SWITCH = {"en": "Read this page in English", "zh": "阅读本页的中文版"}
FRONT_DOOR = {"en": "Front page, English and 中文", "zh": "中英文首页"}


def of_book(config):
    """Return the language of the book that is being built: 'en' or 'zh'."""
    return config.language.split("_")[0]


def translated(pagename, lang):
    """Return the name of the same page in another language."""
    other = pagename.replace(f"chapters/{OTHER[lang]}/", f"chapters/{lang}/", 1)
    # Pages that Sphinx makes itself (search, index) have the same name in both books.
    return other


def add_links(app, pagename, templatename, context, doctree):
    """Give the page its language switch and its ``hreflang`` links."""
    lang = of_book(app.config)
    other = OTHER[lang]
    page = app.builder.get_target_uri(pagename)
    same = {lang: page, other: translated(page, other)}
    context["language_switch"] = {
        "href": relative_uri(f"{lang}/{page}", f"{other}/{same[other]}"),
        "lang": HREFLANG[other],
        "text": NAME[other],
        "title": SWITCH[other],
    }
    site = app.config.html_baseurl.removesuffix(f"{lang}/")
    links = {HREFLANG[each]: f"{site}{each}/{same[each]}" for each in sorted(same)}
    links["x-default"] = links["en"]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<link rel="alternate" hreflang="{code}" href="{href}" />'
        for code, href in links.items()
    )


def add_way_back(app, pagename, templatename, context, doctree):
    """Give a book's first page, before which it has none, the front door as its previous page."""
    if pagename == app.config.root_doc:
        lang = of_book(app.config)
        door = relative_uri(f"{lang}/{app.builder.get_target_uri(pagename)}", "index.html")
        context["prev"] = {"link": f"{door}?choose", "title": FRONT_DOOR[lang]}
