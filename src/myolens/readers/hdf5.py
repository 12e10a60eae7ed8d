"""HDF5 containers: opened with bounds, for OpenSignals and MATLAB 7.3.

Samples that lie in one piece in the file are mapped; packed ones are unpacked piece by piece, each
once. So no HDF5 handle outlives the reading, and other threads and processes may use the samples.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers.source import Source
from myolens.readers.spool import BLOCK_BYTES, allocated, blocks, release

MAGIC = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\0\0\0"
LARGEST_CHUNK = 256 * 1024**2
LARGEST_ATTRIBUTE = 65_536
MOST_REFERENCES = 512
MOST_PACKING = 1100


def is_container(source: Source) -> bool:
    """Whether the HDF5 signature stands at the beginning."""
    return source.head.startswith(MAGIC)


@contextmanager
def container(source: Source) -> Iterator[Any]:
    """Open the file with h5py for reading; external links are not followed by what reads here."""
    import h5py

    _check_heaps(source)
    with h5py.File(source.path, "r") as file:
        yield file


def _check_heaps(source: Source) -> None:
    """Refuse damaged heaps of texts, in which the HDF5 library would walk for ever.

    Source: HDF5 File Format Specification 3.0, III.E (disk format of the global heap).
    """
    data = np.asarray(np.memmap(source.path, np.uint8, "r"))
    for start, stop in blocks(data):
        # A heap's first bytes may lie across the border of two blocks.
        window = data[start : stop + len(_HEAP) - 1].tobytes()
        found = window.find(_HEAP)
        while found >= 0:
            _check_heap(source, data, start + found)
            found = window.find(_HEAP, found + len(_HEAP))


def _check_heap(source: Source, data: NDArray[np.uint8], heap: int) -> None:
    end = heap + _number(data, heap + 8)
    at = heap + 16
    while at + 16 <= min(end, data.size):
        size = _number(data, at + 8)
        free = not data[at : at + 2].any()
        step = size if free else 16 + size + (-size % 8)
        if step < 16 or at + step > end:
            raise source.refuse("is damaged: a heap of texts in it does not add up")
        at += step


def _number(data: NDArray[np.uint8], at: int) -> int:
    return int.from_bytes(data[at : at + 8].tobytes(), "little")


def samples(source: Source, dataset: Any) -> NDArray[Any]:
    """Values of a numeric dataset, mapped where they can be, whose size was checked before any was read.

    Raises
    ------
    InputError
        If they are not in the file, not numbers, or packed in a way that no recording is.
    """
    _check(source, dataset)
    begin = dataset.id.get_offset()
    shape, dtype = tuple(int(n) for n in dataset.shape), dataset.dtype
    size = math.prod(shape) * dtype.itemsize
    if begin is not None and size and dtype.kind in "iuf" and begin + size <= source.size:
        return np.asarray(np.memmap(source.path, dtype, "r", begin, shape))
    values = allocated(source, shape, dtype)
    unpack(dataset, values)
    return values


def column(source: Source, dataset: Any, into: NDArray[Any]) -> None:
    """Read the beginning of a dataset of one column into an array of shape (samples,).

    Raises
    ------
    InputError
        As for `samples`.
    """
    _check(source, dataset)
    unpack(dataset, into.reshape(-1, *dataset.shape[1:]))


def unpack(dataset: Any, into: NDArray[Any]) -> None:
    """Write the values of a dataset into an array that is as large, or shorter."""
    if 0 in into.shape:
        return
    # What is not in chunks may be cut anywhere.
    piece = list(dataset.chunks or (1,) * into.ndim)
    # Many small pieces are read together, whole ones, so that each is unpacked once.
    longest = max(range(len(piece)), key=lambda axis: into.shape[axis] / piece[axis], default=0)
    for axis in (longest,) if piece else ():
        touched = max(math.prod(piece) * into.itemsize, piece[axis] * into.strides[axis])
        piece[axis] *= max(1, BLOCK_BYTES // touched)
    starts = (range(0, size, step) for size, step in zip(into.shape, piece, strict=True))
    for corner in itertools.product(*starts):
        place = tuple(
            slice(at, min(at + step, size)) for at, step, size in zip(corner, piece, into.shape, strict=True)
        )
        into[place] = dataset[place]
        release(into)


def _check(source: Source, dataset: Any) -> None:
    size = math.prod(int(n) for n in dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if dataset.external or dataset.is_virtual:
        raise source.refuse("keeps its samples in other files, which are not opened")
    if dataset.dtype.kind not in "iufb":
        raise source.refuse(f"holds values of type {dataset.dtype} where numbers were expected")
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > LARGEST_CHUNK:
        raise source.refuse("is packed in pieces too large to unpack")
    # Deflate packs at most 1032 to 1 (RFC 1951), so samples beyond that were never written.
    if size > MOST_PACKING * (stored + 4096):
        raise source.refuse(f"states {size} bytes of samples and does not hold them")
    source.checked_unpacking(size, stored)


def attribute(item: Any, name: str) -> Any:
    """Value of a small attribute; None where there is none or it is not small."""
    if name not in item.attrs:
        return None
    stated = item.attrs.get_id(name)
    if stated.shape is None or math.prod(stated.shape) * stated.dtype.itemsize > LARGEST_ATTRIBUTE:
        return None
    value = item.attrs[name]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def matlab_variables(source: Source) -> dict[str, Any]:
    """Variables of a MATLAB 7.3 file: arrays in MATLAB's own orientation, texts, and lists of cells."""
    import h5py

    with container(source) as file:
        found = {}
        for name in file:
            if name.startswith("#") or not isinstance(file.get(name, getlink=True), h5py.HardLink):
                continue
            if isinstance(file[name], h5py.Dataset):
                found[name] = _value(source, file, file[name], depth=0)
        return found


def _value(source: Source, file: Any, dataset: Any, *, depth: int) -> Any:
    import h5py

    if dataset.dtype == h5py.ref_dtype:
        if depth or dataset.size > MOST_REFERENCES:
            return None
        cells = [file[reference] for reference in np.asarray(dataset[()]).T.ravel() if reference]
        return [_value(source, file, cell, depth=1) for cell in cells if isinstance(cell, h5py.Dataset)]
    if dataset.dtype.kind not in "iufb":
        return None
    values = samples(source, dataset)
    if attribute(dataset, "MATLAB_class") == "char":
        return "".join(chr(int(code)) for code in values.T.ravel()[:10_000])
    return None if attribute(dataset, "MATLAB_empty") else values.T
