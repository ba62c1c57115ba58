"""The starting file loads as it is, whatever it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.platform.load import PlatformError, loads
from ferraris.hardware.platform.template import new_platform

NAMES = st.text(min_size=1, max_size=64).filter(str.isprintable)


@given(NAMES)
def test_a_new_file_loads_and_bears_its_name(name: str) -> None:
    assert loads(new_platform(name)).meter.name == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", 'a"\n[soc]', "\udcff"])
def test_a_name_that_is_no_line_of_text_is_refused(name: str) -> None:
    with pytest.raises(PlatformError) as caught:
        new_platform(name)
    assert len(str(caught.value).splitlines()) == 1


def test_the_supply_that_it_proposes_in_comments_loads() -> None:
    before, rest = new_platform("draft").split("# [supply]", 1)
    lines, after = rest.split("\n\n", 1)
    table = "[supply]" + lines.replace("\n# ", "\n")
    assert loads(f"{before}{table}\n\n{after}").supply is not None
