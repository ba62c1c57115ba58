"""What the model of a memory part needs to know of it."""

from typing import Literal, Protocol, TypeAlias

Technology: TypeAlias = Literal["fram", "eeprom", "nor"]


class Sheet(Protocol):
    """The part's figures, as the platform's memory table gives them."""

    @property
    def technology(self) -> Technology:
        """Kind of memory."""
        ...

    @property
    def size_bytes(self) -> int:
        """Capacity."""
        ...

    @property
    def page_bytes(self) -> int:
        """Most bytes that one write programs."""
        ...

    @property
    def erase_bytes(self) -> int:
        """Bytes of a sector; 0 where bytes are overwritten."""
        ...

    @property
    def write_s(self) -> float:
        """Time to program one page, s."""
        ...

    @property
    def erase_s(self) -> float:
        """Time to erase one sector, s."""
        ...

    @property
    def write_j(self) -> float:
        """Energy to program one byte, J."""
        ...

    @property
    def erase_j(self) -> float:
        """Energy to erase one byte, J; 0 where it is not known or nothing is erased."""
        ...

    @property
    def endurance_cycles(self) -> float:
        """Times a cell can be written (or erased, on NOR flash)."""
        ...
