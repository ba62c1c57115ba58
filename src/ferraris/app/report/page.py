"""The page: headings, tables, lists and figures in one HTML file that needs nothing else.

Colours are CSS variables with a second set for dark screens; the palette is that of Okabe and Ito (2008, recalled),
which colour-blind readers can tell apart. A verdict is a word and a sign, never a colour alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ferraris.app.report.svg import number, tag, words


class Marked(NamedTuple):
    """A table cell with a CSS class: "pass", "fail", "warn", "quiet" or "sub" (indented)."""

    text: str
    mark: str


Cell: TypeAlias = str | int | float | Marked | None


@dataclass(frozen=True)
class Section:
    """A heading and the markup below it (what `table`, `paragraph`, `bullets` and the plots return)."""

    heading: str
    parts: Sequence[str]


def page(title: str, sections: Sequence[Section], *, summary: str = "", facts: Mapping[str, str] | None = None) -> str:
    """A whole document. `summary` stands under the title, `facts` as a list of names and values below it."""
    head = (
        tag("meta", charset="utf-8")
        + tag("meta", name="viewport", content="width=device-width, initial-scale=1")
        + tag("meta", name="color-scheme", content="light dark")
        + tag("title", words(title))
        + f"<style>{STYLE}</style>"
    )
    top = tag("header", tag("h1", words(title)), paragraph(summary) if summary else "", _facts(facts or {}))
    body = "\n".join(_section(section) for section in sections)
    html = tag("html", tag("head", head), tag("body", top, tag("main", body)), lang="en")
    return f"<!DOCTYPE html>\n{html}\n"


def _facts(facts: Mapping[str, str]) -> str:
    pairs = "".join(tag("div", tag("dt", words(k)), tag("dd", words(v))) for k, v in facts.items())
    return tag("dl", pairs) if pairs else ""


def _section(section: Section) -> str:
    return tag("section", tag("h2", words(section.heading)), *section.parts)


def paragraph(content: str, mark: str = "") -> str:
    """A paragraph of plain text; `mark` as in `Marked`."""
    return tag("p", words(content), class_=mark or None)


def pair(*parts: str) -> str:
    """Parts side by side where the screen is wide enough."""
    return tag("div", *parts, class_="pair")


def bullets(lines: Sequence[str], mark: str = "") -> str:
    """A list of plain lines."""
    return tag("ul", *(tag("li", words(line)) for line in lines), class_=mark or None) if lines else ""


def table(headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, caption: str = "") -> str:
    """A table; columns with numbers stand to the right, the first cell of each row is its heading."""
    right = [any(isinstance(row[k], int | float) for row in rows) for k in range(len(headings))]
    top = (
        tag("th", words(h), scope="col", class_="number" if r else None) for h, r in zip(headings, right, strict=True)
    )
    head = tag("thead", tag("tr", *top))
    body = tag("tbody", *(tag("tr", *(_cell(cell, k, right[k]) for k, cell in enumerate(row))) for row in rows), "")
    label = tag("caption", words(caption)) if caption else ""
    return tag("div", tag("table", label, head, body), class_="scroll")


def _cell(cell: Cell, column: int, right: bool) -> str:
    """A cell; in a column of numbers words stand to the right as well."""
    content, mark = (cell.text, cell.mark) if isinstance(cell, Marked) else (cell, "")
    kind = " ".join(part for part in (mark, "number" if right else "") if part) or None
    said = number(content) if isinstance(content, int | float) else words(content or "")
    return tag("th", said, scope="row", class_=kind) if column == 0 else tag("td", said, class_=kind)


STYLE = """
:root{--paper:#fff;--ink:#1b1f24;--soft:#59636e;--rule:#d5dae0;--zebra:#f5f7f9;--band:#0072b21f;
--c0:#0072b2;--c1:#d55e00;--c2:#00825f;--c3:#b0568f;--c4:#8a6d00;--c5:#3a9bd6;--c6:#4a4f57;--c7:#a3123a;
--pass:#116932;--fail:#b3141d;--warn:#8a5a00}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e9ed;--soft:#9aa4af;--rule:#343b44;--zebra:#1b2026;
--band:#56b4e929;--c0:#56b4e9;--c1:#f0873a;--c2:#2fc79a;--c3:#dd94c0;--c4:#e6c84a;--c5:#8fc7ff;--c6:#b9c0c9;--c7:#ff7d92;
--pass:#5fd08a;--fail:#ff8a8a;--warn:#f2bd5c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:1.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:.2em 0}h2{font-size:1.2rem;margin:2.2em 0 .6em;padding-bottom:.25em;
border-bottom:1px solid var(--rule)}p{max-width:75ch}
dl{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:1rem 0}dt{color:var(--soft);font-size:.8rem}
dd{margin:0;font-weight:600}
figure{margin:1rem 0}figcaption{font-weight:600;margin-bottom:.2rem}svg{width:100%;height:auto;display:block}
.pair{display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:flex-start}.pair>*{flex:1 1 340px;min-width:0}
.scroll{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:.92rem;min-width:50%}
caption{text-align:left;font-weight:600;padding:.3rem 0}th,td{padding:.28rem .75rem;text-align:left;vertical-align:top}
thead th{border-bottom:2px solid var(--rule);color:var(--soft);font-weight:600}
tbody tr:nth-child(even){background:var(--zebra)}tbody th{font-weight:500}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.pass{color:var(--pass)}.fail{color:var(--fail);font-weight:600}.warn{color:var(--warn)}.quiet{color:var(--soft)}
.sub{padding-left:2rem;font-weight:400}
svg text{fill:var(--ink);font-size:12px;font-family:inherit}svg .tick{fill:var(--soft);font-size:11.5px}
svg .title{font-size:12.5px}svg .name{font-weight:600}svg .note{fill:var(--soft);font-size:11px}
.grid{stroke:var(--rule);fill:none;stroke-width:1}.axis{stroke:var(--soft);stroke-width:1.2}
.ring{stroke:var(--rule);fill:none}.marker{stroke:var(--fail);stroke-width:1.3;stroke-dasharray:6 4}
.line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}.thick{stroke-width:2.6}
.dashed{stroke-dasharray:7 4}.fill{fill:currentColor;stroke:none}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}
.c6{color:var(--c6)}.c7{color:var(--c7)}.band{color:var(--band)}
@media print{body{max-width:none}section{break-inside:avoid-page}}
"""
