"""MAT files: OTBiolab exports, and plain ones with a matrix and a sampling rate.

Level 4 and 5 files are read here: their structure is simple, and a reader that believes no stated
size needs no memory for a size that is not there. Source: MathWorks, MAT-File Format. Matrices are
mapped where they lie; packed ones are unpacked as a stream first. Version 7.3 is HDF5, read with h5py.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.readers import otbiolab
from myolens.readers.hdf5 import matlab_variables
from myolens.readers.naming import kind_of, numbered, unit_notes
from myolens.readers.records import interleaved, not_numbers
from myolens.readers.source import Source
from myolens.readers.spool import Spool, release
from myolens.recording import Channel, Recording

Bytes = NDArray[np.uint8]

_LEVEL_4_HEAD = 20
_LEVEL_4_NUMBERS = ("f8", "f4", "i4", "i2", "u2", "u1")

_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
            16: "u1", 17: "u2", 18: "u4"}  # fmt: skip
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR, _SPARSE = 1, 2, 4, 5
MOST_DEPTH = 8
_PIECE = 256 * 1024
MOST_CELLS = 100_000
_RATE = re.compile(
    r"(emg_?)?(fs|sr|sf|srate|sfreq|fsamp|fsample|freq|frequency|rate|sampl\w*_?(rate|freq\w*)|emg_?fs)(_?hz)?",
    re.IGNORECASE,
)


def sniff(source: Source) -> bool:
    """Whether the text at the beginning is MATLAB's, or the first matrix one of level 4."""
    if source.head.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file")):
        return True
    head = np.frombuffer(source.head[: _LEVEL_4_HEAD + 64], np.uint8)
    return _level_4_matrix(head, source.size) is not None


def read(source: Source) -> Sequence[Recording]:
    """Read an OTBiolab export, or the one matrix of a plain file.

    Raises
    ------
    InputError
        If it is not clear which variable is the signal or what its rate is; the message lists them.
    """
    if source.head.startswith(b"MATLAB 7.3"):
        variables = matlab_variables(source)
    elif source.head.startswith(b"MATLAB 5.0"):
        variables = dict(_variables(source))
    else:
        variables = dict(_level_4_variables(source))
    if otbiolab.is_export(variables):
        return otbiolab.recordings(source, variables)
    return [_plain(source, variables)]


def _plain(source: Source, variables: Mapping[str, Any]) -> Recording:
    numbers = {
        name: value
        for name, value in variables.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf"
    }
    rates = {
        name: float(value.ravel()[0])
        for name, value in numbers.items()
        if value.size == 1 and _RATE.fullmatch(name)
    }
    matrices = {name: value for name, value in numbers.items() if value.ndim == 2 and value.size >= 16}
    there = ", ".join(
        f"{name} {'x'.join(map(str, getattr(v, 'shape', ())))}" for name, v in list(variables.items())[:12]
    )
    times = {
        name
        for name, v in matrices.items()
        if re.fullmatch(r"t|time\w*", name, re.IGNORECASE) and min(v.shape) == 1
    }
    signals = {name: value for name, value in matrices.items() if name not in times}
    if len(signals) != 1:
        raise source.refuse(
            f"holds {len(signals)} matrices that could be the signal (variables: {there or 'none'})",
            mend="Save one matrix of samples and its sampling rate, as a variable named fs",
        )
    if len(set(rates.values())) > 1 or not (rates or source.rate):
        raise source.refuse(
            f"does not make its sampling rate clear (variables: {there})",
            mend="Add a variable named fs, or give the rate: rate=2000",
        )
    name, values = next(iter(signals.items()))
    # A recording has more samples than channels.
    values = values.T if values.shape[0] <= values.shape[1] else values
    count = values.shape[1]
    rate = source.checked_rate(next(iter(rates.values())) if rates else float(source.rate or 0))
    names = numbered([name] if count == 1 else [f"{name} {i}" for i in range(1, count + 1)])
    channels = tuple(Channel(n, None, kind_of(n, None)) for n in names)
    taken = f"The variable {name!r} was taken as the signal, its {count} shorter lines as channels"
    notes = (taken, *not_numbers(values), *unit_notes(channels))
    return Recording(interleaved(values), rate, channels, (), (), None, source.name, notes)


class _Level4(NamedTuple):
    """A matrix of a level 4 file: where its numbers begin, what they are, and where the next one begins."""

    name: str
    begin: int
    dtype: np.dtype[Any]
    shape: tuple[int, int]
    full: bool  # not a text, not sparse
    end: int


def _level_4_matrix(data: Bytes, left: int) -> _Level4 | None:
    """The matrix that begins with these bytes, of which `left` are in the file; None where there is none."""
    if data.size < _LEVEL_4_HEAD:
        return None
    for order in "<>":
        kind, rows, columns, imaginary, length = data[:_LEVEL_4_HEAD].view(f"{order}i4").tolist()
        machine, rest = divmod(kind, 1000)
        number, form = divmod(rest, 10)
        if machine != "<>".index(order) or number >= len(_LEVEL_4_NUMBERS) or form > 2:
            continue
        name = data[_LEVEL_4_HEAD : _LEVEL_4_HEAD + min(max(length, 0), 64)].tobytes()
        if not re.fullmatch(rb"[A-Za-z]\w{0,62}\0", name) or imaginary not in {0, 1}:
            continue
        dtype = np.dtype(f"{order}{_LEVEL_4_NUMBERS[number]}")
        begin = _LEVEL_4_HEAD + length
        end = begin + rows * columns * dtype.itemsize * (1 + imaginary)
        if rows >= 0 and columns >= 0 and end <= left:
            return _Level4(name[:-1].decode("ascii"), begin, dtype, (rows, columns), form == 0, end)
    return None


def _level_4_variables(source: Source) -> Iterator[tuple[str, Any]]:
    """Named variables of a level 4 file; the imaginary part of numbers is left out."""
    data = np.asarray(np.memmap(source.path, np.uint8, "r"))
    at = 0
    while at < len(data):
        matrix = _level_4_matrix(data[at : at + _LEVEL_4_HEAD + 64], len(data) - at)
        if matrix is None:
            raise source.refuse("is cut short, or damaged after its first variables")
        size = math.prod(matrix.shape) * matrix.dtype.itemsize
        values = data[at + matrix.begin : at + matrix.begin + size].view(matrix.dtype)
        yield matrix.name, values.reshape(matrix.shape, order="F") if matrix.full else None
        at += matrix.end


def _variables(source: Source) -> Iterator[tuple[str, Any]]:
    """Named variables of a level 5 file, packed or not."""
    data = np.asarray(np.memmap(source.path, np.uint8, "r"))
    order = {b"IM": "<", b"MI": ">"}.get(source.head[126:128])
    if order is None:
        raise source.refuse("ends inside its header")
    spool = Spool(source, 1, np.uint8)
    found: list[tuple[int, int, bool]] = []  # begin, end, whether packed
    at = 128
    while at + 8 <= len(data):
        kind, size = _tag(data[at:], order)
        if at + 8 + size > len(data):
            raise source.refuse("is cut short")
        if kind == _COMPRESSED:
            found.append((*_unpacked(source, data[at + 8 : at + 8 + size], spool), True))
        else:
            found.append((at, at + 8 + size, False))
        at += 8 + size
    plain = spool.array()[:, 0]
    for begin, end, packed in found:
        element = (plain if packed else data)[begin:end]
        kind, size = _tag(element, order)
        if kind == _MATRIX:
            name, value = _matrix(source, element[8 : 8 + size], order, 0)
            if name:
                yield name, value


def _unpacked(source: Source, packed: Bytes, spool: Spool) -> tuple[int, int]:
    """Where in the spool the plain bytes of a packed element begin and end."""
    spool.append(np.zeros((-spool.rows % 8, 1), np.uint8))
    begin, inflater = spool.rows, zlib.decompressobj()
    for start in range(0, packed.size, _PIECE):
        rest = packed[start : start + _PIECE].tobytes()
        release(packed)
        while rest and not inflater.eof:
            plain = inflater.decompress(rest, 4 * _PIECE)
            rest = inflater.unconsumed_tail
            spool.append(np.frombuffer(plain, np.uint8)[:, None])
            source.checked_unpacking(spool.rows, source.size)
    if spool.rows - begin < 8:
        raise source.refuse("holds a packed variable that is empty")
    return begin, spool.rows


def _tag(data: Bytes, order: str) -> tuple[int, int]:
    """Type and size of an element."""
    kind, size = data[:8].view(f"{order}u4").tolist()
    return kind, size


def _elements(body: Bytes, order: str) -> Iterator[tuple[int, Bytes]]:
    """Type and bytes of the sub-elements of a matrix."""
    at = 0
    while at + 8 <= len(body):
        first, second = _tag(body[at:], order)
        if first >> 16:  # four bytes or fewer are packed into the tag
            yield first & 0xFFFF, body[at + 4 : at + 4 + min(first >> 16, 4)]
            at += 8
            continue
        if at + 8 + second > len(body):
            raise ValueError("an element is longer than the matrix that holds it")
        yield first, body[at + 8 : at + 8 + second]
        at += 8 + second + (-second % 8 if first != _COMPRESSED else 0)


def _matrix(source: Source, body: Bytes, order: str, depth: int) -> tuple[str, Any]:
    """Name and value of a matrix: an array, a text, a list of cells, or None for what is not read."""
    if depth > MOST_DEPTH:
        raise source.refuse("nests its cells too deeply")
    parts = list(_elements(body, order))
    if len(parts) < 3:
        return "", None
    kind = int(parts[0][1][:4].view(f"{order}u4")[0]) & 0xFF
    shape = tuple(parts[1][1].view(f"{order}i4").tolist())
    name = parts[2][1].tobytes().decode("latin-1")
    if kind == _CELL:
        cells = [part for code, part in parts[3:] if code == _MATRIX]
        if len(cells) > MOST_CELLS:
            raise source.refuse(f"holds {len(cells)} cells in {name}")
        return name, [_matrix(source, cell, order, depth + 1)[1] for cell in cells]
    if kind in {_STRUCT, _SPARSE, 3} or kind > 15 or len(parts) < 4 or parts[3][0] not in _NUMBERS:
        return name, None
    code, raw = parts[3]
    if kind == _CHAR:
        text = raw.tobytes().decode(
            "utf-8" if code in {1, 2, 16} else "utf-16-le" if order == "<" else "utf-16-be", "replace"
        )
        return name, text
    values = raw.view(f"{order}{_NUMBERS[code]}")
    if any(n < 0 for n in shape) or int(np.prod([float(n) for n in shape])) != values.size:
        raise source.refuse(f"states another size for {name or 'a cell'} than it holds")
    return name, values.reshape(shape, order="F")
