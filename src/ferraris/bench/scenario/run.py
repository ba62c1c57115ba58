"""Play a scenario on a meter: go from moment to moment, do, read, judge. No file is opened, no clock is read."""

from dataclasses import dataclass

from ferraris.bench.scenario import commands, compare, judge
from ferraris.bench.scenario.judge import Finding
from ferraris.bench.scenario.models import (
    CommandTable,
    Expect,
    ExpectConserved,
    ExpectEvent,
    ExpectRegister,
    ExpectRows,
    LoadTable,
    LoseNeutral,
    RestoreNeutral,
    ReverseWires,
    Scenario,
)
from ferraris.bench.scenario.problems import KeyProblemError, ScenarioError, one_of
from ferraris.bench.scenario.record import Outage, Sample
from ferraris.bench.scenario.stage import Progress, Stage, instant
from ferraris.bench.scenario.switches import Switch
from ferraris.bench.scenario.tariffs import writes
from ferraris.bench.scenario.timeline import Timeline, timeline
from ferraris.bench.scenario.transcript import Line
from ferraris.bench.scenario.truth import Flowed
from ferraris.bench.tariff import zone_of
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.platform.problems import PlatformError


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario.

    findings   one for each expectation, and for each order whose answer the file names, in order of time
    switches   when which rate came into force, in order of time
    flowed     what really flowed, J
    trace      digest of everything that crossed the pins: equal runs have equal ones
    """

    scenario: Scenario
    platform: Platform
    timeline: Timeline
    seed: int | None
    fidelity: Fidelity
    lines: tuple[Line, ...]
    findings: tuple[tuple[int, Finding], ...]
    samples: tuple[Sample, ...]
    outages: tuple[Outage, ...]
    switches: tuple[Switch, ...]
    flowed: Flowed
    trace: str

    @property
    def holds(self) -> bool:
        """Whether every expectation does."""
        return all(finding.holds for _, finding in self.findings)


def plan(platform: Platform, scenario: Scenario, name: str = "scenario", until_s: float | None = None) -> Timeline:
    """Everything that can be found wrong before the first second is played. Raises ScenarioError."""
    try:
        made = timeline(scenario, zone_of(platform), until_s)
        for k, expect in enumerate(scenario.expects):
            _check(expect, made, f"expect[{k}]")
        for k, load in enumerate(scenario.loads):
            _check_phases(load, platform, f"load[{k}]")
        for k, deed in enumerate(scenario.deeds):
            _check_phases(deed, platform, f"at[{k}]")
            _check_who(deed, platform, f"at[{k}].as")
        for file, text in scenario.files:
            _check_tariff(file, text)
    except KeyProblemError as problem:
        raise ScenarioError(name, [str(problem)]) from None
    return made


def _check(expect: Expect, made: Timeline, key: str) -> None:
    match expect:
        case ExpectRegister():
            compare.check(expect, instant(made, key), key)
        case ExpectEvent():
            judge.event_number(expect.event, f"{key}.event")
        case ExpectRows(status=str(status)):
            judge.status_flag(status, f"{key}.status")
        case ExpectConserved():
            compare.check_energy(expect.tolerance, f"{key}.tolerance")
        case _:
            pass


def _check_phases(deed: object, platform: Platform, key: str) -> None:
    if isinstance(deed, ReverseWires | LoadTable) and (deed.phase or 1) > platform.elements:
        raise KeyProblemError(f"{key}.phase", f"found {deed.phase}, this meter has {platform.elements}")
    if isinstance(deed, LoseNeutral | RestoreNeutral) and platform.elements == 1:
        raise KeyProblemError(f"{key}.do", "found a neutral on a single-phase meter, expected 'cut mains'")


def _check_who(deed: object, platform: Platform, key: str) -> None:
    known = commands.who_may_try(platform)
    if isinstance(deed, CommandTable) and deed.who not in known:
        raise KeyProblemError(key, f"found {deed.who!r}, {one_of(deed.who, known)}")


def _check_tariff(file: str, text: str) -> None:
    try:
        writes(text, file)
    except PlatformError as error:
        raise KeyProblemError("tariff", str(error).splitlines()[0]) from None


def run(
    platform: Platform,
    scenario: Scenario,
    *,
    name: str = "scenario",
    seed: int | None = None,
    fidelity: Fidelity = "phasor",
    until_s: float | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Play a scenario on a new meter.

    name       of the scenario's file, for errors
    seed       names the specimen, its noise and the wandering of loads; None: a nominal meter without noise
    until_s    end then instead of where the scenario ends, s after its start; what lies behind is left out

    Raises ScenarioError, and what `assemble` raises.
    """
    made = plan(platform, scenario, name, until_s)
    stage = Stage(platform, scenario, made, seed, fidelity)
    for entry in made.entries:
        stage.go(entry.at_ns, progress)
        stage.meet(entry)
    stage.go(made.end_ns, progress)
    lines, findings = stage.close()
    return Outcome(
        scenario, platform, made, seed, fidelity, lines, findings, tuple(stage.samples), tuple(stage.outages),
        tuple(stage.watch.switches), stage.flowed, stage.bench.trace,
    )  # fmt: skip
