"""HDF5 containers: opened with bounds, for OpenSignals and MATLAB 7.3."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers.source import Source

MAGIC = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\0\0\0"
LARGEST_CHUNK = 256 * 1024**2
LARGEST_ATTRIBUTE = 65_536
MOST_REFERENCES = 10_000
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
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        heap = data.find(_HEAP)
        while heap >= 0:
            end = heap + int.from_bytes(data[heap + 8 : heap + 16], "little")
            at = heap + 16
            while at + 16 <= min(end, len(data)):
                size = int.from_bytes(data[at + 8 : at + 16], "little")
                free = data[at : at + 2] == b"\0\0"
                step = size if free else 16 + size + (-size % 8)
                if step < 16 or at + step > end:
                    raise source.refuse("is damaged: a heap of texts in it does not add up")
                at += step
            heap = data.find(_HEAP, heap + 8)


def samples(source: Source, dataset: Any) -> NDArray[np.generic]:
    """Read the values of a numeric dataset whose size was checked before any was read.

    Raises
    ------
    InputError
        If it would not fit in memory, decoded or by chunk, or lives outside the file.
    """
    shape = tuple(int(n) for n in dataset.shape)
    size = math.prod(shape) * dataset.dtype.itemsize
    source.checked_bytes(size)
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > LARGEST_CHUNK:
        raise source.refuse("is packed in pieces too large to unpack")
    # Deflate packs at most 1032 to 1 (RFC 1951), so samples beyond that were never written.
    if size > MOST_PACKING * (dataset.id.get_storage_size() + 4096):
        raise source.refuse(f"states {size} bytes of samples and does not hold them")
    if dataset.external or dataset.is_virtual:
        raise source.refuse("keeps its samples in other files, which are not opened")
    if dataset.dtype.kind not in "iufb":
        raise source.refuse(f"holds values of type {dataset.dtype} where numbers were expected")
    return np.asarray(dataset[()])


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
