# ruff: noqa: INP001  a script, not a package
"""Draw the state machines of the data link into docs/hdlc.md, from the tables that the code runs.

    python scripts/draw_states.py            # rewrite the page
    python scripts/draw_states.py --check    # say whether it is up to date; exit code 1 if not

Each machine stands between `<!-- states NAME -->` and `<!-- end -->`: a diagram in Mermaid, and the table behind it.
"""

import re
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from ferraris.firmware.dlms.hdlc import client_states, link, opening

PAGE = Path(__file__).resolve().parent.parent / "docs" / "hdlc.md"
MACHINES: Mapping[str, Mapping[tuple[Enum, Enum], Any]] = {
    "server": link.TABLE,
    "client": client_states.TABLE,
    "opening": opening.TABLE,
}
"""Tables from (state, event) to a step with an action and the state, or the states, that it can lead to."""
IGNORED = "ignore"
"""What is ignored and changes nothing is left out of the diagram; the table shows it as a dash."""


def targets(step: Any) -> tuple[Enum, ...]:  # noqa: ANN401  # a step of any of the machines
    """The states a step can lead to."""
    return step.state if isinstance(step.state, tuple) else (step.state,)


def is_idle(state: Enum, step: Any) -> bool:  # noqa: ANN401
    """Whether nothing is done and nothing changes."""
    return step.action.__name__ == IGNORED and targets(step) == (state,)


def diagram(table: Mapping[tuple[Enum, Enum], Any]) -> str:
    """The machine as a Mermaid state diagram: an arrow for each event, with the action that answers it."""
    states = list(dict.fromkeys(state for state, _ in table))
    lines = ["stateDiagram-v2", *(f'    state "{state.value}" as {state.name}' for state in states)]
    lines.append(f"    [*] --> {states[0].name}")
    for (state, event), step in table.items():
        if not is_idle(state, step):
            label = f"{event.value} / {step.action.__name__}"
            lines += [f"    {state.name} --> {target.name}: {label}" for target in targets(step)]
    return "\n".join(lines)


def grid(table: Mapping[tuple[Enum, Enum], Any]) -> str:
    """The machine as a Markdown table: action, and the state it leads to where that is another."""
    states = list(dict.fromkeys(state for state, _ in table))
    events = list(dict.fromkeys(event for _, event in table))
    rows = [f"| event | {' | '.join(state.value for state in states)} |", "|---" * (len(states) + 1) + "|"]
    for event in events:
        cells = [_cell(state, table[state, event]) for state in states]
        rows.append(f"| {event.value} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(state: Enum, step: Any) -> str:  # noqa: ANN401
    if is_idle(state, step):
        return "-"
    leads = " or ".join(target.value for target in targets(step))
    return step.action.__name__ + ("" if targets(step) == (state,) else f" → {leads}")


def drawn(page: str) -> str:
    """The page with every machine drawn anew."""
    for name, table in MACHINES.items():
        figure = f"```mermaid\n{diagram(table)}\n```\n\n{grid(table)}"
        marked = re.compile(rf"(<!-- states {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page = marked.sub(lambda found, figure=figure: f"{found[1]}\n{figure}\n\n{found[2]}", page)
    return page


def main(arguments: list[str]) -> int:
    """Rewrite the page, or check it."""
    before = PAGE.read_text(encoding="utf-8")
    after = drawn(before)
    if "--check" in arguments:
        return int(before != after)
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
