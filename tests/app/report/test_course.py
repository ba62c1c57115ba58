"""Figures over time: what is drawn stands where its time and value are."""

import re
from math import nan
from xml.etree import ElementTree as ET

import pytest

from ferraris.app.report.course import Column, Course, Lane, Stretch, columns, curves
from ferraris.app.report.plots import LEFT, RIGHT, WIDTH, Axis, Series

X = Course(0.0, 100.0, ((0.0, "00:00"), (50.0, "12:00"), (100.0, "a long name")), "local time")
Y = Axis("power", "kW", nought=True)


def parts(markup: str, name: str) -> list[ET.Element]:
    return [each for each in ET.fromstring(markup).iter() if each.tag == name]


def test_a_gap_in_the_values_is_a_gap_in_the_line() -> None:
    drawn = curves("Power", X, Y, [Series("import", [0, 10, 20, 30], [1.0, nan, 2.0, 2.0])])
    path = next(each.get("d") for each in parts(drawn, "path") if each.get("class") == "line c0")
    assert path is not None
    assert path.count("M") == 2


def test_a_bar_of_a_lane_begins_and_ends_at_its_times() -> None:
    lane = Lane("outage", [Stretch(25.0, 75.0, "fill c7", "half the time")])
    bar = next(each for each in parts(curves("P", X, Y, [], lanes=[lane]), "rect") if each.get("class") == "fill c7")
    wide = WIDTH - LEFT - RIGHT
    assert float(bar.get("x", "0")) == pytest.approx(LEFT + wide / 4)
    assert float(bar.get("width", "0")) == pytest.approx(wide / 2)


def test_the_parts_of_a_column_stand_on_each_other() -> None:
    drawn = columns("Energy", X, Axis("energy", "kWh"), ["rate 1", "rate 2"], [Column(0.0, 50.0, [3.0, 1.0])])
    first, second = (
        each
        for each in parts(drawn, "rect")
        if re.fullmatch(r"fill c[01]", each.get("class", "")) and each.get("rx") is None
    )
    assert float(first.get("height", "0")) == pytest.approx(3 * float(second.get("height", "0")), rel=1e-3)
    assert float(second.get("y", "0")) + float(second.get("height", "0")) == pytest.approx(
        float(first.get("y", "0")), abs=0.02
    )


def test_a_name_at_the_right_edge_is_not_cut_off() -> None:
    last = next(each for each in parts(curves("P", X, Y, []), "text") if each.text == "a long name")
    assert last.get("text-anchor") == "end"
    assert float(last.get("x", "0")) <= WIDTH
