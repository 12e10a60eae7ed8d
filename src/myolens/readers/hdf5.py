"""HDF5 containers: opened with bounds, for OpenSignals and MATLAB 7.3."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.readers.source import Source

MAGIC = b"\x89HDF\r\n\x1a\n"
LARGEST_CHUNK = 256 * 1024**2
MOST_REFERENCES = 10_000


def is_container(source: Source) -> bool:
    """Whether the HDF5 signature stands at the beginning."""
    return source.head.startswith(MAGIC)


@contextmanager
def container(source: Source) -> Iterator[Any]:
    """Open the file with h5py for reading; external links are not followed by what reads here."""
    import h5py

    with h5py.File(source.path, "r") as file:
        yield file


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
    if dataset.external or dataset.is_virtual:
        raise source.refuse("keeps its samples in other files, which are not opened")
    if dataset.dtype.kind not in "iufb":
        raise source.refuse(f"holds values of type {dataset.dtype} where numbers were expected")
    return np.asarray(dataset[()])


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
    name = dataset.attrs.get("MATLAB_class", b"")
    if name in {b"char", "char"}:
        return "".join(chr(int(code)) for code in values.T.ravel()[:10_000])
    return None if dataset.attrs.get("MATLAB_empty", 0) else values.T
