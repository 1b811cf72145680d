"""Cut the book's Chinese font out of Noto Sans CJK (SIL Open Font License).

    python tools/make_font.py NotoSansCJK-Regular.ttc      (Debian's package fonts-noto-cjk)

It holds all of GB2312, so that a new label never needs a new font. Needs fonttools.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

OUTPUT = Path(__file__).parents[1] / "convlib" / "fonts" / "NotoSansSC-subset.otf"
RANGES = [(0x20, 0x7E), (0xA0, 0xFF), (0x391, 0x3C9), (0x2010, 0x2027), (0x2190, 0x2199),
          (0x2200, 0x22FF), (0x3000, 0x3020), (0xFF00, 0xFF5E)]


def characters():
    """Return the code points to keep."""
    codes = {code for low, high in RANGES for code in range(low, high + 1)}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            codes.update(map(ord, bytes([high, low]).decode("gb2312", "ignore")))
    return codes


def main():
    """Write the subset."""
    fonts = TTCollection(sys.argv[1]).fonts
    font = next(f for f in fonts if f["name"].getDebugName(1) == "Noto Sans CJK SC")
    options = subset.Options(layout_features=[], hinting=False, desubroutinize=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    font.save(OUTPUT, reorderTables=True)
    print(OUTPUT.name, OUTPUT.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
