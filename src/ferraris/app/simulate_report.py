"""The page of `ferraris simulate --report`."""

from ferraris.app.report.page import page
from ferraris.bench.scenario.run import Outcome


def simulate_page(outcome: Outcome) -> str:
    """One self-contained HTML document."""
    return page(outcome.scenario.heading.name, [])
