"""The errors that bad input may raise, gathered in one place: the command line shows them as one line."""


def expected_errors() -> tuple[type[Exception], ...]:
    """Exception types whose text is meant for the user."""
    from ferraris.app.show import UserError
    from ferraris.bench.nvm_file import NvmFileError
    from ferraris.bench.scenario.problems import ScenarioError
    from ferraris.firmware.meter.boot import BootRefusedError
    from ferraris.firmware.store.layout import LayoutError
    from ferraris.hardware.chain.constants import ConstantsError
    from ferraris.hardware.platform.load import PlatformError
    from ferraris.hardware.world.recording import RecordingError
    from ferraris.plan.requirements import RequirementsError

    return (
        UserError,
        PlatformError,
        RecordingError,
        LayoutError,
        BootRefusedError,
        NvmFileError,
        ConstantsError,
        RequirementsError,
        ScenarioError,
    )
