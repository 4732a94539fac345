"""Log files as blocks of whole lines: plain or gzip, however large, in little memory."""

from __future__ import annotations

import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import Frozen

BLOCK_BYTES = 1 << 20
LONGEST_LINE = 1 << 20
"""Of a longer line only the first `KEPT_BYTES` are looked at, so that memory stays small whatever comes."""
KEPT_BYTES = 4096

_STEP = 64
_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "zstdcat",
    b"BZh": "bzcat",
    b"\xfd7zXZ": "xzcat",
    b"PK\x03\x04": "unzip -p",
}


class Block(Frozen):
    """Whole lines of a file, each with its line feed, but perhaps the last; ``first_line`` counts from 1."""

    file: str
    first_line: int
    data: bytes


class LogFile:
    """One log, opened when it is read.

    Attributes
    ----------
    name
        As messages show it: the path, or ``<stdin>``.
    damage
        After reading: why its end could not be read; empty when all is well.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = "<stdin>" if path == "-" else path
        self.damage = ""

    @property
    def repeatable(self) -> bool:
        """Tell whether the file can be read more than once: a pipe cannot."""
        return self._path != "-" and stat.S_ISREG(Path(self._path).stat().st_mode)

    @property
    def size_bytes(self) -> int:
        """Size on disk; 0 for a pipe."""
        return Path(self._path).stat().st_size if self.repeatable else 0

    def blocks(self, on_bytes: Callable[[int], None] | None = None) -> Iterator[Block]:
        """Yield the file, block by block.

        Parameters
        ----------
        on_bytes
            Told how many more bytes of the file (compressed, if it is) were read.

        Raises
        ------
        InputError
            When it cannot be opened or read, or is compressed in a way that is not understood.
        """
        self.damage = ""
        place = Location(self.name)
        try:
            with self._opened() as stream:
                chunks = _chunks(stream, on_bytes)
                head = next(chunks, b"")
                for magic, command in _OTHERS.items():
                    if head.startswith(magic):
                        hint = f"unpack it on the way: {command} FILE | fvcap read-logs - ..."
                        raise InputError(Problem("this compression is not read", place, hint=hint))
                whole = _with_head(head, chunks)
                yield from _lines(self._unzipped(whole) if head.startswith(_GZIP) else whole, self)
        except OSError as error:
            raise InputError(Problem(f"cannot be read: {error.strerror or error}", place)) from None

    def _opened(self) -> Any:
        return nullcontext(sys.stdin.buffer) if self._path == "-" else Path(self._path).open("rb", buffering=0)

    def _unzipped(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Unpack gzip, also several members one after the other, as logrotate and cat make them."""
        before = member = zlib.decompressobj(31)
        rest = b""
        try:
            for chunk in chunks:
                rest = chunk
                while rest or not member.eof:
                    if member.eof:
                        rest = rest.lstrip(b"\0")  # padding behind the last member
                        if not rest:
                            break
                        member = zlib.decompressobj(31)
                    before = member.copy()
                    data = member.decompress(rest, BLOCK_BYTES)
                    if data:
                        yield data
                    rest = member.unused_data if member.eof else member.unconsumed_tail
                    if not rest and len(data) < BLOCK_BYTES:
                        break
        except zlib.error as error:
            yield _before_damage(before, rest)
            self.damage = f"the compressed data are damaged ({str(error).rpartition(': ')[2]})"
            return
        if not member.eof:
            self.damage = "the compressed data end in the middle"


def _before_damage(member: Any, data: bytes) -> bytes:
    """Unpack what can be unpacked, a few bytes at a time."""
    found = []
    try:
        for start in range(0, len(data), _STEP):
            found.append(member.decompress(data[start : start + _STEP]))
    except zlib.error:
        pass
    return b"".join(found)


def _chunks(stream: IO[bytes], on_bytes: Callable[[int], None] | None) -> Iterator[bytes]:
    while chunk := stream.read(BLOCK_BYTES):
        if on_bytes is not None:
            on_bytes(len(chunk))
        yield chunk


def _with_head(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _lines(chunks: Iterator[bytes], log: LogFile) -> Iterator[Block]:
    """Cut the stream behind line feeds. A line that damage has cut off is left out."""
    line, carry, skipping = 1, b"", False
    for chunk in chunks:
        data = carry + chunk
        if skipping:
            end = data.find(b"\n")
            if end < 0:
                carry = b""
                continue
            data, skipping = data[end + 1 :], False
            line += 1
        cut = data.rfind(b"\n") + 1
        if cut:
            yield Block(log.name, line, data[:cut])
            line += data.count(b"\n", 0, cut)
        carry = data[cut:]
        if len(carry) > LONGEST_LINE:
            yield Block(log.name, line, carry[:KEPT_BYTES])
            carry, skipping = b"", True
    if carry and not log.damage:
        yield Block(log.name, line, carry)
