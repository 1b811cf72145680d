"""The scripts and style sheets of explorables: a page gets those of the ones that it has."""

from convlib.explorables import HOMES, bundle


def write(folder):
    """Put all of them into a folder of static files."""
    for name, text in bundle.assets(HOMES.values()).items():
        (folder / name).write_text(text, encoding="utf-8")


def add(app, pagename, templatename, context, doctree):
    """Add to a page what its explorables need (Sphinx: html-page-context)."""
    names = bundle.names_in(context.get("body", ""))
    for name in ["explorables", *(f"explorables-{name}" for name in names)] if names else []:
        app.add_css_file(f"{name}.css")
        app.add_js_file(f"{name}.js", loading_method="defer")
