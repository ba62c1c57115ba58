"""The memory part of a live meter, kept in a file: what the firmware made durable is still there after a restart.

      0           512         1024        1536          4096                             4096 + size
      +-----------+-----------+-----------+-------------+--------------------------------+
      | header    | stamp 0   | stamp 1   | zeros       | image of the part              |
      +-----------+-----------+-----------+-------------+--------------------------------+

The image is the modelled part's, byte for byte, and is written through; `sync` returns when it would survive the loss
of the computer's power. The stamps stand for what the battery of the meter's clock keeps alive: the meter's time
beside the computer's at one moment, so that the time between two runs counts as an outage. Stamps alternate, each with
its own CRC, so that a torn one leaves the one before. A file is held by one process at a time.
"""

import fcntl
import os
import stat
import zlib
from contextlib import suppress
from pathlib import Path
from struct import Struct
from types import TracebackType
from typing import NamedTuple, Self

from ferraris.hardware.physics.nvm import NvmPart, Sheet

MAGIC = b"ferraris memory\n"
VERSION = 1
IMAGE_AT = 4096

_HEADER = Struct(">16sIQ")
_STAMP = Struct(">Qqq")
_CRC = Struct(">I")
_STAMPS_AT = (512, 1024)


class NvmFileError(ValueError):
    """The file cannot be the memory of this meter, or no longer; the text names the file and says why.

    A file that is refused when it is opened is as it was.
    """


class Stamp(NamedTuple):
    """The meter's clock and the computer's at one moment."""

    rtc_ms: int
    """The meter's clock, ms of UTC since 1970-01-01."""
    wall_ms: int
    """The computer's clock, ms since 1970-01-01."""


class NvmFile:
    """Owns the file and the part in it. Made by `open_nvm`; use it as a context manager or call `close`."""

    def __init__(self, path: Path, descriptor: int, part: NvmPart) -> None:
        """Take over a file that is open, locked and checked."""
        self.part = part
        self._path = path
        self._descriptor = descriptor
        self._is_dirty = False
        self._stamps = _read_stamps(descriptor)

    @property
    def view(self) -> memoryview:
        """The image of the part, read-only."""
        return self.part.view

    @property
    def energy_j(self) -> float:
        """Energy that programming took, J."""
        return self.part.energy_j

    @property
    def time_s(self) -> float:
        """Time that programming took, s."""
        return self.part.time_s

    def supply(self, steps: int | None) -> None:
        """Let the part's supply last for so many more programmed bytes; None is for ever."""
        self.part.supply(steps)

    @property
    def stamp(self) -> Stamp | None:
        """The latest stamp; None in a new file."""
        return max(self._stamps)[1] if self._stamps else None

    def program(self, address: int, data: bytes) -> None:
        """Program the part and write the same range of the file, also where the supply of the part fails on the way."""
        try:
            self.part.program(address, data)
        finally:
            self._write_through(address, len(data))

    def erase(self, address: int, size: int) -> None:
        """Erase sectors of the part, in the file as well."""
        try:
            self.part.erase(address, size)
        finally:
            self._write_through(address, size)

    def sync(self) -> None:
        """Return when all that was programmed is on the disk; at once if nothing was since the last time."""
        if self._is_dirty:
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise self._lost(error) from error
            self._is_dirty = False

    def put_stamp(self, rtc_ms: int, wall_ms: int) -> None:
        """Keep the meter's time beside the computer's; durable on return, and so is all that was programmed."""
        number = max(self._stamps)[0] + 1 if self._stamps else 1
        stamp = Stamp(rtc_ms, wall_ms)
        content = _STAMP.pack(number, *stamp)
        try:
            _write(self._descriptor, _sealed(content), _STAMPS_AT[number % 2])
        except OSError as error:
            raise self._lost(error) from error
        self._stamps = [(number, stamp)]
        self._is_dirty = True
        self.sync()

    def close(self) -> None:
        """Make everything durable, and let the file go, also where the disk does not take it any more."""
        if self._descriptor >= 0:
            try:
                self.sync()
            finally:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Self:
        """Hold the file for a with-block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, however the block ends; an error that is on its way already is not hidden by another."""
        try:
            self.close()
        except NvmFileError:
            if error is None:
                raise

    def _write_through(self, address: int, size: int) -> None:
        self._is_dirty = True
        try:
            _write(self._descriptor, self.part.view[address : address + size], IMAGE_AT + address)
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> NvmFileError:
        return NvmFileError(f"{self._path}: the disk does not take it: {error.strerror or error}")


def open_nvm(path: Path, sheet: Sheet) -> NvmFile:
    """Open a meter's memory, or make a new one where there is no file; raises `NvmFileError` and then changes nothing.

    A file that is not a memory, is of another part's size, is damaged in its header, or is held by another process is
    refused.
    """
    try:
        if not os.path.lexists(path):
            _create(path, sheet)
        return _open(path, sheet)
    except OSError as error:
        raise NvmFileError(f"{path}: {error.strerror or error}") from error


def _open(path: Path, sheet: Sheet) -> NvmFile:
    # Without O_NONBLOCK a named pipe would wait for a writer for ever.
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _lock(path, descriptor)
        _check(path, descriptor, sheet)
        return NvmFile(path, descriptor, NvmPart(sheet, os.pread(descriptor, sheet.size_bytes, IMAGE_AT)))
    except BaseException:
        os.close(descriptor)
        raise


def _lock(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise NvmFileError(f"{path}: in use by another running meter") from error


def _check(path: Path, descriptor: int, sheet: Sheet) -> None:
    """Refuse what is not the memory of such a part."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise NvmFileError(f"{path}: not a regular file")
    header = os.pread(descriptor, _HEADER.size + _CRC.size, 0)
    if not header.startswith(MAGIC):
        raise NvmFileError(f"{path}: not the memory of a ferraris meter; it stays as it is")
    content = _unsealed(header)
    if content is None:
        raise NvmFileError(f"{path}: the header of this memory file is damaged")
    _, version, size = _HEADER.unpack(content)
    if version != VERSION:
        raise NvmFileError(f"{path}: a memory file of format {version}, expected format {VERSION}")
    if size != sheet.size_bytes:
        raise NvmFileError(f"{path}: the memory of a part of {size} bytes, the platform's has {sheet.size_bytes}")
    if status.st_size != IMAGE_AT + size:
        raise NvmFileError(f"{path}: {status.st_size} bytes long, expected {IMAGE_AT + size}")


def _create(path: Path, sheet: Sheet) -> None:
    """Make a new part's file completely under another name, then give it its own: it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write(descriptor, _sealed(_HEADER.pack(MAGIC, VERSION, sheet.size_bytes)), 0)
        _write(descriptor, NvmPart(sheet).view, IMAGE_AT)
        os.fsync(descriptor)
        # A link, unlike a rename, never replaces a file that another process was faster to make; the lock decides then.
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        os.close(descriptor)
        unfinished.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_stamps(descriptor: int) -> list[tuple[int, Stamp]]:
    """Numbers and stamps of the places that hold a whole one."""
    places = (_unsealed(os.pread(descriptor, _STAMP.size + _CRC.size, at)) for at in _STAMPS_AT)
    return [(number, Stamp(rtc_ms, wall_ms)) for number, rtc_ms, wall_ms in map(_STAMP.unpack, filter(None, places))]


def _sealed(content: bytes) -> bytes:
    return content + _CRC.pack(zlib.crc32(content))


def _unsealed(sealed: bytes) -> bytes | None:
    """The content in front of its CRC; None if it does not hold (all zeros neither: their CRC is not zero)."""
    content = sealed[: -_CRC.size]
    return content if len(sealed) > _CRC.size and sealed == _sealed(content) else None


def _write(descriptor: int, data: bytes | memoryview, at: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, at)
        rest, at = rest[written:], at + written
