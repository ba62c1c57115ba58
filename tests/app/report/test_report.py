"""The report's building blocks: well-formed, escaped, self-contained, and drawn where the numbers say."""

import re
from xml.etree import ElementTree as ET

import pytest

from ferraris.app.report.bars import Bar, Group, bar_chart, ranked_bars
from ferraris.app.report.page import Marked, Section, page, table
from ferraris.app.report.phasors import Arrow, phasor_diagram
from ferraris.app.report.plots import Axis, Limit, Series, error_curve, line_plot
from ferraris.app.report.scales import Scale, labels, padded, place, spread, ticks
from ferraris.app.report.svg import tag, words

NAN = float("nan")


def drawing(figure: str) -> ET.Element:
    """Parse a figure (our own output) and return its svg element."""
    svg = ET.fromstring(figure).find("svg")
    assert svg is not None
    return svg


def test_text_and_attributes_are_escaped() -> None:
    assert words("a < b & c") == "a &lt; b &amp; c"
    assert tag("rect", class_='"><script>') == '<rect class="&quot;&gt;&lt;script&gt;"/>'


def test_a_scale_puts_its_ends_at_its_ends_and_a_decade_in_the_middle() -> None:
    assert place(Scale(0, 10, 100, 300), 5) == pytest.approx(200)
    assert place(Scale(1, 100, 0, 60, log=True), 10) == pytest.approx(30)
    assert place(Scale(1, 100, 0, 60, log=True), -1) == 0  # nowhere on a logarithmic axis: its low end


def test_ticks_are_round_and_inside() -> None:
    assert ticks(Scale(0, 10, 0, 1)) == [0, 2, 4, 6, 8, 10]
    assert labels(ticks(Scale(-0.3, 0.3, 0, 1))) == ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]
    assert ticks(Scale(0.05, 5, 0, 1, log=True)) == [0.05, 0.1, 0.2, 0.5, 1, 2, 5]


@pytest.mark.parametrize("values", [[], [3.0, 3.0], [0.0], [NAN, 2.0]])
def test_a_range_is_never_empty(values: list[float]) -> None:
    low, high = spread(values)
    assert low < high
    low, high = padded(low, high)
    assert low < high


def test_a_line_goes_through_its_points_and_breaks_where_there_is_none() -> None:
    svg = drawing(
        line_plot(
            "t", Axis("x", low=0, high=4), Axis("y", low=0, high=1), [Series("s", [0, 1, 2, 3, 4], [0, 1, NAN, 0, 1])]
        )
    )
    paths = [path.get("d") for path in svg.iter("path") if "line" in str(path.get("class"))]
    points = re.findall(r"([ML])([\d.]+) ([\d.]+)", str(paths[0]))
    assert [kind for kind, _, _ in points] == ["M", "L", "M", "L"]
    heights = [float(y) for _, _, y in points]
    assert heights[0] == heights[2] > heights[1] == heights[3]  # y grows upwards on the paper


def test_the_permitted_band_of_an_error_curve_is_as_high_as_its_limit() -> None:
    limits = [Limit(0.5, 1.0, 1.0), Limit(1.0, 10.0, 0.5)]
    svg = drawing(error_curve("e", [Series("PF 1", [0.5, 10.0], [0.1, 0.2], "marked")], limits))
    bands = [
        rect for rect in svg.iter("rect") if rect.get("class") == "fill band" and float(rect.get("height", 0)) > 10
    ]
    heights = [float(rect.get("height", 0)) for rect in bands]
    assert heights[0] == pytest.approx(2 * heights[1], rel=1e-3)


def test_ranked_bars_start_with_the_largest_and_keep_the_sign() -> None:
    svg = drawing(ranked_bars("r", "%", [Bar("small", 0.1), Bar("large", -0.4), Bar("middle", 0.2)]))
    names = [text.text for text in svg.iter("text") if text.get("class") == "name"]
    assert names == ["large", "middle", "small"]
    bars = list(svg.iter("rect"))
    assert float(bars[0].get("x", 0)) + float(bars[0].get("width", 0)) == pytest.approx(float(bars[1].get("x", 0)))


def test_bars_are_as_tall_as_their_values() -> None:
    svg = drawing(bar_chart("b", Axis("order"), Axis("level", "%"), ["3", "5"], [Group("I1", [10.0, 5.0])]))
    heights = [float(rect.get("height", 0)) for rect in svg.iter("rect")]
    assert heights[0] == pytest.approx(2 * heights[1], rel=1e-3)


def test_a_lagging_current_lies_clockwise_of_its_voltage() -> None:
    svg = drawing(phasor_diagram("p", [Arrow("U1", 230, "V"), Arrow("I1", 5 - 5j, "A")]))
    lines = list(svg.iter("line"))
    voltage, current = (float(line.get("y2", 0)) - float(line.get("y1", 0)) for line in lines)
    assert voltage == 0
    assert current > 0  # downwards on the paper


def test_every_figure_has_a_title_and_a_description() -> None:
    figures = [
        line_plot("one", Axis("x"), Axis("y"), [Series("s", [0, 1], [0, 1], "step")]),
        bar_chart("two", Axis("x"), Axis("y"), ["a"], [Group("g", [1.0])]),
        ranked_bars("three", "%", [Bar("a", 1.0)], limit=("class", 2.0)),
        phasor_diagram("four", []),
    ]
    for figure in figures:
        svg = drawing(figure)
        assert svg.get("role") == "img"
        assert svg.findtext("title")
        assert svg.find("desc") is not None
        assert svg.get("aria-label")


def test_a_page_needs_nothing_else_and_shows_dark_too() -> None:
    html = page("<b>", [Section("Table", [table(["a", "b"], [["x", 1.5], ["y", Marked("FAIL", "fail")]])])])
    assert "<b>" not in html.replace("<body>", "")
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    assert "prefers-color-scheme:dark" in html
    assert '<td class="number">1.5</td>' in html
