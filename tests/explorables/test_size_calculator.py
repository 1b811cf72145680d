"""The size calculator: in Python, and in a browser without a kernel."""


import pytest
from contrast import CONTRASTS
from reader import check_phone, queries, settled

from convlib import costs, i18n, shapes
from convlib.explorables import SizeCalculator


def enter(page, name, text):
    """Type into a field and leave it."""
    page.fill(f"[data-field={name}]", text)
    page.press(f"[data-field={name}]", "Enter")
    settled(page)


def results(page):
    return page.inner_text(".cv-size-results")


def shape(page, kind):
    return page.inner_text(f".cv-size-shape.cv-swatch-{kind}")


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(kernel=7), TypeError, "has no kernel: it takes .*kernel_size"),
    (dict(size=[]), ValueError, "from 1 to 3"),
    (dict(size=[10000]), ValueError, "from 1 to 9999"),
    (dict(stride=[1.5]), ValueError, "whole numbers"),
    (dict(axes=4), ValueError, "axes"),
    (dict(padding_kind="full"), ValueError, "padding_kind"),
    (dict(groups=0), ValueError, "groups"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        SizeCalculator(**state)


def test_a_layer_that_cannot_be_is_said_so_in_python():
    with pytest.raises(ValueError, match="groups=2"):
        _ = SizeCalculator(groups=2).layer
    with pytest.raises(ValueError, match="spans 7"):
        _ = SizeCalculator(size=[4], padding=[0]).output_shape
    assert "<svg" in SizeCalculator(size=[4], padding=[0]).still()


def test_the_engineers_question_is_answered(mount):
    """An input of 224, kernel 7, stride 2, padding 3: on the screen when it opens."""
    page = mount(SizeCalculator(), more=False)
    size = shapes.conv_output_size(224, 7, stride=2, padding=3)
    macs = costs.conv_macs((3, 224, 224), 64, (7, 7), stride=2, padding=3)
    assert shape(page, "output") == f"output (64, {size}, {size})"
    assert f"⌊(224 + 2·3 − 1·(7 − 1) − 1) / 2⌋ + 1 = {size}" in results(page)
    assert f"= {costs.conv_parameters(3, 64, (7, 7)):,}" in results(page)
    assert f"= {macs:,}" in results(page)
    assert page.inner_text(".cv-code-panel code") == (
        "nn.Conv2d(3, 64, 7, stride=2, padding=3)")


def test_fields_take_one_number_or_one_for_each_axis(mount):
    page = mount(SizeCalculator())
    for name, text in (("size", "1080, 1920"), ("kernel_size", "3×5"), ("padding", "(1, 2)"),
                       ("dilation", "2"), ("in_channels", "16"), ("groups", "4")):
        enter(page, name, text)
    wanted = SizeCalculator(size=[1080, 1920], kernel_size=[3, 5], padding=[1, 2], dilation=[2],
                            in_channels=16, groups=4)
    assert shape(page, "output") == f"output {wanted.output_shape}"
    assert page.inner_text(".cv-code-panel code") == f"nn.{wanted.layer}"
    assert page.input_value("[data-field=padding]") == "1, 2"
    assert "size_calculator.size=1080,1920" in page.url
    page.press("[data-field=padding]", "ArrowUp")
    assert page.input_value("[data-field=padding]") == "2, 3"
    page.click("[data-action=reset]")
    settled(page)
    assert shape(page, "output") == "output (64, 112, 112)"


@pytest.mark.parametrize("text", ["0", "10000", "2.5", "x", "", "1, 2, 3", "-1", "1e2,,"])
def test_a_wrong_size_is_refused_and_said_why(mount, text):
    page = mount(SizeCalculator())
    enter(page, "size", text)
    assert page.input_value("[data-field=size]") == "224"
    status = page.inner_text(".cv-status")
    assert "from 1 to 9999" in status and "2 of them" in status
    assert "size" not in page.url.split("?")[-1]


def test_transposed_with_output_padding(mount):
    page = mount(SizeCalculator(size=[112], in_channels=64, out_channels=3))
    assert not page.is_visible("[data-field=output_padding]")
    page.click("[data-state=transposed][data-value=true]")
    enter(page, "output_padding", "1")
    wanted = SizeCalculator(size=[112], in_channels=64, out_channels=3, transposed=True,
                            output_padding=[1])
    assert shape(page, "output") == f"output {wanted.output_shape}" == "output (3, 224, 224)"
    assert "2·(112 − 1) + 1·(7 − 1) + 1 − 2·3 + 1 = 224" in results(page)
    assert f"= {wanted.layer.macs(wanted.input_shape):,}" in results(page)
    assert page.inner_text(".cv-code-panel code") == f"nn.{wanted.layer}"
    assert not page.is_visible("[data-state=padding_kind]")


@pytest.mark.parametrize("axes", [1, 3])
def test_other_axes(mount, axes):
    page = mount(SizeCalculator(size=[30]))
    page.click(f"[data-state=axes][data-value='{axes}']")
    settled(page)
    wanted = SizeCalculator(size=[30], axes=axes)
    assert shape(page, "output") == f"output {wanted.output_shape}"
    assert f"nn.Conv{axes}d(" in page.inner_text(".cv-code-panel code")


def test_paddings_by_name(mount):
    page = mount(SizeCalculator())
    page.click("[data-value=valid]")
    settled(page)
    assert shape(page, "output") == f"output {SizeCalculator(padding_kind='valid').output_shape}"
    assert page.input_value("[data-field=padding]") == "valid"
    assert not page.is_enabled("[data-field=padding]")
    page.click("[data-value=same]")
    settled(page)
    assert "'same' needs stride 1, here it is 2" in results(page)
    assert not page.is_visible(".cv-code-panel")
    enter(page, "stride", "1")
    enter(page, "kernel_size", "4")
    assert shape(page, "output") == "output (64, 224, 224)"
    assert "224 + 1 + 2 − 1·(4 − 1)" in results(page)
    assert "padding='same'" in page.inner_text(".cv-code-panel code")


@pytest.mark.parametrize(("state", "reason"), [
    (dict(groups=2), "2 groups must divide the channels: 3 come in, 64 go out"),
    (dict(size=[224, 4], padding=[0]), "does not fit (W): it spans 7, and the input with its "
                                       "padding has only 4"),
    (dict(transposed=True, output_padding=[2]), "must be below the stride or the dilation (H): "
                                                "use at most 1"),
    (dict(transposed=True, size=[2], padding=[7]), "A padding of 7 cuts off all of the output"),
])
def test_a_layer_that_cannot_be_is_explained(mount, state, reason):
    page = mount(SizeCalculator(**state))
    assert reason in results(page)
    assert page.locator(".cv-size-results[role=status]").count() == 1  # it is read aloud
    assert page.locator(".cv-size-box").count() == 1  # no output is drawn


def test_a_pasted_layer_is_read(mount):
    page = mount(SizeCalculator())
    page.fill("[data-action=paste]", "self.up = nn.ConvTranspose2d(256, 128, (4, 2), stride=2)")
    page.press("[data-action=paste]", "Enter")
    settled(page)
    wanted = SizeCalculator(transposed=True, in_channels=256, out_channels=128, kernel_size=[4, 2],
                            padding=[0])
    assert shape(page, "output") == f"output {wanted.output_shape}"
    for text, reason in (("nn.Linear(3, 4)", "not read"), ("nn.Conv2d(3, 4, 5000)", "kernel_size")):
        page.fill("[data-action=paste]", text)
        page.press("[data-action=paste]", "Enter")
        assert reason in page.inner_text(".cv-status")
        assert shape(page, "output") == f"output {wanted.output_shape}"


def test_the_largest_counts_are_exact(mount):
    most = dict(size=[9999], kernel_size=[999], stride=[1], padding=[0], in_channels=9999,
                out_channels=9999, axes=3)
    page = mount(SizeCalculator(**most))
    wanted = SizeCalculator(**most)
    assert f"= {wanted.layer.macs(wanted.input_shape):,}" in results(page)


@pytest.mark.parametrize("query", queries("size_calculator", [
    "size=<img src=x onerror=alert(1)>", "size=1.5", "size=1,2,3,4", "kernel_size=0", "groups=x",
    "padding_kind=full", "stride=-1",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(SizeCalculator(), query)
    assert shape(page, "output") == "output (64, 112, 112)"
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(SizeCalculator(), "?size_calculator.size=300,400&size_calculator.transposed=true"
                 "&size_calculator.output_padding=1")
    wanted = SizeCalculator(size=[300, 400], transposed=True, output_padding=[1])
    assert shape(page, "output") == f"output {wanted.output_shape}"


def test_on_a_phone_the_fields_and_the_result_are_on_one_screen(mount):
    page = mount(SizeCalculator(), width=390, touch=True, more=False)
    top = page.locator(".cv-size-stage").bounding_box()["y"]
    last = page.locator("[data-field=groups]").bounding_box()
    assert last["y"] + last["height"] - top <= 760


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    calculator = SizeCalculator(axes=3, transposed=True, size=[16, 112, 112], kernel_size=[3, 7, 7],
                                padding=[1, 3, 3], output_padding=[1])
    page = mount(calculator, width=390, dark=dark, reduced=True)
    check_phone(page, "size_calculator", language)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
