"""The labels: the same in both languages, and drawable."""

import re

import pytest
from fontTools.ttLib import TTFont

from convlib import i18n, plot

EN, ZH = i18n.labels("en"), i18n.labels("zh")


def test_same_keys_and_fields():
    assert EN.keys() == ZH.keys()
    for key in EN:
        fields = [sorted(re.findall(r"\{(\w+)\}", texts[key])) for texts in (EN, ZH)]
        assert fields[0] == fields[1], key
        assert re.search(r"[\u4e00-\u9fff，]", ZH[key]), key  # or a mark between two labels


def test_the_font_has_every_character():
    glyphs = TTFont(plot.FONT).getBestCmap()
    chinese = {c for text in ZH.values() for c in text if ord(c) >= 0x2E80}
    assert {c for c in chinese if ord(c) not in glyphs} == set()
    gb2312 = "卷积互相关转置空洞可分分组通道步幅填充感受野滤波器"
    assert all(ord(c) in glyphs for c in gb2312)


@pytest.mark.parametrize(("call", "text"), [
    (lambda: i18n.use("fr"), "fr"),
    (lambda: i18n.t("no.such.key"), "no.such.key"),
    (lambda: i18n.t("flip_slide.longer"), "needs the value 'name'"),
])
def test_errors_are_named(call, text):
    with pytest.raises(ValueError, match=text):
        call()
    assert i18n.language() == "en"
