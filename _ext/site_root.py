"""What stands above the two books: the front door, the page for what is not there, the site map.

    python _ext/site_root.py _build/html      (make book does this)
"""

import base64
import json
import sys
import tomllib
from io import BytesIO
from pathlib import Path
from shutil import copyfile

import fonts
import jinja2
import numpy as np
from matplotlib import pyplot as plt
from skimage.transform import resize

from convlib import data, functional, plot

HERE = Path(__file__).parent
# The book as it will be: a chapter is ready when its notebook is there.
CHAPTERS = [
    ("01", "Convolution and cross-correlation", "卷积与互相关"),
    ("02", "Convolution in deep learning", "深度学习中的卷积"),
    ("03", "1D and 3D convolution", "一维卷积与三维卷积"),
    ("04", "1×1 convolution", "1×1 卷积"),
    ("05", "Transposed convolution", "转置卷积"),
    ("05b", "Deconvolution, decoders and generators", "反卷积、解码器与生成器"),
    ("06", "Dilated convolution", "空洞卷积"),
    ("06b", "Dilation at work, and deformable convolution", "空洞卷积的应用与可变形卷积"),
    ("07", "Separable convolution, spatial and depthwise", "空间可分离卷积与深度可分离卷积"),
    ("08", "Grouped convolution", "分组卷积"),
    ("09", "More kinds: deformable, shuffled, dynamic …", "更多种类：可变形、通道混洗、动态……"),
    ("A1", "Appendix: how a convolution is computed", "附录：卷积是怎样算出来的"),
]


def address():
    """Return where the site is published."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["urls"]["Homepage"]


def picture():
    """Return a cat's face, 32 by 32, from black (0) to white (1)."""
    grey = data.photo("chelsea").mean(axis=0)[:300, 75:375]
    small = resize(grey, (32, 32), anti_aliasing=True)
    return (small - small.min()) / np.ptp(small)


def kinds():
    """Compute what the front door shows: a kind's name, settings, input and output."""
    cat = picture()
    relief = np.array([[-1, -1, 0], [-1, 1, 1], [0, 1, 1]])
    edges = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]) / 3
    binomial = np.outer([1, 2, 1], [1, 2, 1]) / 16
    bilinear = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16
    small = resize(cat, (16, 16), anti_aliasing=True)
    for name, chinese, image, kernel, settings, offset in [
        ("Convolution", "卷积", cat, relief, {}, 0),
        ("Stride 2", "步幅为 2", cat, binomial, {"stride": 2, "padding": 1}, 0),
        ("Dilated", "空洞卷积", cat, edges, {"dilation": 3}, 0.5),
        ("Transposed", "转置卷积", small, bilinear, {"stride": 2, "padding": 1}, 0),
    ]:
        transposed = name == "Transposed"
        run = functional.conv_transpose2d if transposed else functional.conv2d
        output = run(image[None, None], kernel[None, None], **settings)[0, 0]
        yield {
            "en": name, "zh": chinese, "transposed": transposed, "k": len(kernel),
            "s": 1, "p": 0, "d": 1, **{key[0]: value for key, value in settings.items()},
            "n": len(image), "m": len(output),
            "input": image, "output": output + offset,
        }


def png(grey):
    """Return a grey picture as the address that holds it."""
    buffer = BytesIO()
    plt.imsave(buffer, grey, format="png", cmap="gray", vmin=0, vmax=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def chapters(site):
    """Return the rows of the book's contents, with links to what is ready."""
    rows = []
    for number, *titles in CHAPTERS:
        found = sorted((site / "en/chapters/en").glob(f"{number}_*.html"))
        rows.append({"number": number.lstrip("0").replace("A1", "A"), "titles": {
            lang: (title, f"{lang}/chapters/{lang}/{found[0].name}" if found else None)
            for lang, title in zip(("en", "zh"), titles, strict=True)}})
    return rows


def render(template, **values):
    """Return a page with the few Chinese characters that it needs inside it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined)
    page = environment.get_template(template).render(address=address(), font="", **values)
    font = base64.b64encode(fonts.cut(page)).decode()
    return environment.get_template(template).render(address=address(), font=font, **values)


def site_map(site):
    """Return the list of all pages, each with its twin in the other language."""
    pages = [path.relative_to(site).as_posix() for path in sorted(site.glob("*/chapters/*/*.html"))]
    urls = []
    for page in pages:
        twins = "".join(
            f'<xhtml:link rel="alternate" hreflang="{code}" '
            f'href="{address()}/{page.replace(f"{page[:2]}/", f"{lang}/")}"/>'
            for lang, code in (("en", "en"), ("zh", "zh-Hans")))
        urls.append(f"<url><loc>{address()}/{page}</loc>{twins}</url>")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
            f"<url><loc>{address()}/</loc></url>\n" + "\n".join(urls) + "\n</urlset>\n")


def social(path, shown):
    """Draw the picture of 1200 by 630 pixels that other sites show beside a link."""
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white", layout="none")
    figure.text(0.05, 0.83, "N Kinds of Convolution", fontsize=46, weight="bold",
                family="DejaVu Sans")
    figure.text(0.05, 0.69, "N 种卷积", fontsize=40)
    figure.text(0.05, 0.08, "A textbook that you can run · 一本可以运行的教科书", fontsize=20)
    pictures = [(shown[0]["input"], "Input 输入", plot.INPUT)]
    pictures += [(kind["output"], f"{kind['en']} {kind['zh']}", plot.OUTPUT) for kind in shown]
    for place, (grey, name, color) in enumerate(pictures):
        ax = figure.add_axes([0.05 + 0.183 * place, 0.25, 0.168, 0.32])
        ax.imshow(grey, cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_xlabel(name, fontsize=15, labelpad=8)
        for spine in ax.spines.values():
            spine.set(visible=True, color=color, linewidth=4)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def write(site):
    """Write all that the site's root holds."""
    site = Path(site)
    shown = list(kinds())
    encoded = [kind | {name: png(kind[name]) for name in ("input", "output")} for kind in shown]
    values = {"kinds": encoded, "data": json.dumps(encoded), "chapters": chapters(site)}
    (site / "index.html").write_text(render("front_door.html", **values), encoding="utf-8")
    logo = (HERE / "logo.svg").read_text(encoding="utf-8")
    (site / "404.html").write_text(render("not_found.html", logo=logo), encoding="utf-8")
    (site / "sitemap.xml").write_text(site_map(site), encoding="utf-8")
    (site / "robots.txt").write_text(f"Sitemap: {address()}/sitemap.xml\n", encoding="utf-8")
    copyfile(HERE / "logo.svg", site / "logo.svg")
    social(site / "social.png", shown)
    (site / ".nojekyll").touch()


if __name__ == "__main__":
    write(sys.argv[1])
