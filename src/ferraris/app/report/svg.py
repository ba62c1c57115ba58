"""A small SVG and HTML writer: elements as strings, text and attributes always escaped."""

from html import escape
from math import isfinite


def tag(name: str, /, *children: str, **attributes: str | float | None) -> str:
    """One element. Children are markup; attribute values are escaped, None leaves the attribute out.

    A trailing underscore is dropped (`class_`), others become hyphens (`text_anchor`); names with capitals stay.
    """
    given = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return escape(value, quote=True) if isinstance(value, str) else coordinate(value)


def coordinate(value: float) -> str:
    """A coordinate to a hundredth of a unit, without needless noughts."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def words(value: str) -> str:
    """Plain text as markup."""
    return escape(value, quote=False)


def text(content: str, x: float, y: float, kind: str = "tick", anchor: str = "middle", **more: str | float) -> str:
    """A text element; `kind` is its CSS class."""
    return tag("text", words(content), x=x, y=y, class_=kind, text_anchor=anchor, **more)


def number(value: float, digits: int = 6) -> str:
    """A number for people: significant digits, a true minus sign, "-" for what is not a number."""
    if not isfinite(value):
        return "–"
    return f"{value:.{digits}g}".replace("-", "−")


def figure(title: str, description: str, width: float, height: float, *content: str) -> str:
    """A figure with a caption; `description` says in words what the drawing shows, for readers who cannot see it."""
    drawing = tag(
        "svg",
        tag("title", words(title)),
        tag("desc", words(description)),
        *content,
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        role="img",
        aria_label=f"{title}. {description}",
    )
    return tag("figure", tag("figcaption", words(title)), drawing, style=f"max-width:{coordinate(1.25 * width)}px")


def legend(names: list[str], x: float, y: float, marks: list[str] | None = None) -> str:
    """Swatches and names in a row; entry k has the colour class `c<k>`, or the class that `marks` gives."""
    parts, at = [], x
    for k, name in enumerate(names):
        kind = f"c{k % COLOURS}" if marks is None else marks[k]
        parts.append(tag("rect", x=at, y=y - 9, width=14, height=10, rx=2, class_=f"fill {kind}"))
        parts.append(text(name, at + 19, y, "legend", "start"))
        at += 19 + 7.0 * len(name) + 18
    return "".join(parts)


COLOURS = 8
"""Colour classes c0 to c7; series beyond them begin again."""
