"""OTBiolab+ archives (.otb+): a tar file with flat signal files and their descriptions, mapped in place.

Each signal file, ``name.sig``, holds 16-bit samples of all channels instant by instant; ``name.xml``
tells the rate, the channels and their gains. Sources: OT Bioelettronica, "OTB file structure" and the
programs it publishes for opening such files; quattrocento user manual (input range 5 V, 16 bits).
"""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from xml.etree import ElementTree

import numpy as np

from myolens.readers.naming import kind_of, numbered, unit_notes
from myolens.readers.otbiolab import grid_of
from myolens.readers.records import InterleavedSignal
from myolens.readers.source import Source
from myolens.recording import Channel, ChannelKind, Recording

MOST_MEMBERS = 1000
MOST_CHANNELS = 4096
LARGEST_DESCRIPTION = 16 * 1024**2
_RANGE_MV = {"QUATTROCENTO": 5000.0}
"""Input range of the converter by device. Of other devices it is not published, so units stay unknown."""

_EXPORT = "In OTBiolab, export the recording as MAT, EDF or CSV, and give that file"


def sniff(source: Source) -> bool:
    """Whether it is a tar file by its mark, or by name."""
    return source.head[257:262] == b"ustar" or source.suffix == ".otb+"


def read(source: Source) -> Sequence[Recording]:
    """Read one recording per signal file of the archive.

    Raises
    ------
    InputError
        If it is another archive, or its description does not fit its samples.
    """
    members = _members(source)
    if "Tracks_000.xml" in members:
        raise source.refuse(
            "is an .otb4 archive of OTBiolab, and how its values become voltages is not published",
            mend=_EXPORT,
        )
    described = [
        (members[name], members[f"{name[:-4]}.xml"])
        for name in members
        if name.endswith(".sig") and f"{name[:-4]}.xml" in members
    ]
    if not described:
        raise source.refuse(
            "is a tar archive without a recording of OTBiolab in it",
            mend="Unpack it and give the recording inside",
        )
    processed = sum(name.endswith(".sip") for name in members)
    notes = [f"{processed} processed signals in the archive were not read"] if processed else []
    return [_recording(source, signal, _described(source, about), notes) for signal, about in described]


def _members(source: Source) -> dict[str, tarfile.TarInfo]:
    """Regular members by name without folder; nothing is unpacked."""
    found: dict[str, tarfile.TarInfo] = {}
    with tarfile.open(source.path, "r:") as archive:
        for count, member in enumerate(archive):
            if count >= MOST_MEMBERS:
                raise source.refuse(f"is an archive of more than {MOST_MEMBERS} files")
            if member.isreg() and not member.issparse():
                found.setdefault(PurePosixPath(member.name).name, member)
    return found


def _described(source: Source, member: tarfile.TarInfo) -> ElementTree.Element:
    if member.size > LARGEST_DESCRIPTION:
        raise source.refuse(f"has a description of {member.size} bytes in it")
    with source.path.open("rb") as file:
        file.seek(member.offset_data)
        text = file.read(member.size)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise source.refuse("has a description with entities in it")
    return ElementTree.fromstring(text)  # noqa: S314 - it has no entities


def _recording(
    source: Source, signal: tarfile.TarInfo, device: ElementTree.Element, notes: Sequence[str]
) -> Recording:
    model = device.get("Name", "").split(";")[0].strip()
    count, bits = int(device.get("DeviceTotalChannels", 0)), int(device.get("ad_bits", 0))
    if not 0 < count <= MOST_CHANNELS or bits != 16:
        raise source.refuse(f"states {count} channels of {bits} bits, and 16 bits are read", mend=_EXPORT)
    samples = min(signal.size, source.size - signal.offset_data) // (2 * count)
    if samples <= 0:
        raise source.refuse(f"holds no samples in {signal.name[:80]}")
    values = np.memmap(source.path, "<i2", "r", signal.offset_data, (1, samples, count))
    channels = _channels(device, count, _RANGE_MV.get(model.upper()), bits)
    said = [*notes, *unit_notes(channels)]
    if model.upper() not in _RANGE_MV:
        said.append(f"The values of the device {model or 'without a name'} are converter steps")
    return Recording(
        InterleavedSignal(np.asarray(values), samples),
        source.checked_rate(float(device.get("SampleFrequency", "nan"))),
        channels,
        source=source.name,
        notes=tuple(said),
    )


def _channels(
    device: ElementTree.Element, count: int, range_mv: float | None, bits: int
) -> tuple[Channel, ...]:
    """Channels by their place in the file; those that are not described keep a number as name."""
    names = [""] * count
    found: dict[int, tuple[str | None, ChannelKind, float]] = {}
    for adapter in device.iter("Adapter"):
        begin, gain = int(adapter.get("ChannelStartIndex", 0)), float(adapter.get("Gain", 0))
        control = "control" in adapter.get("ID", "").lower()
        for channel in adapter.iter("Channel"):
            place = begin + int(channel.get("Index", 0))
            if not 0 <= place < count:
                continue
            about = " ".join(channel.get(key, "") for key in ("Muscle", "ID", "Description"))
            known = range_mv is not None and gain > 0 and not control
            unit = "mV" if known else None
            names[place] = (
                f"{channel.get('Muscle') or channel.get('ID') or adapter.get('ID', '')} {place + 1}"
            )
            kind = ChannelKind.SURFACE_EMG if grid_of(about) else kind_of(about, unit)
            kind = ChannelKind.OTHER if control else kind
            found[place] = (unit, kind, (range_mv or 0) / (2**bits * gain) if known else 1.0)
    return tuple(
        Channel(name, *found.get(place, (None, ChannelKind.OTHER, 1.0)))
        for place, name in enumerate(numbered(names))
    )
