"""What the names and units that files give their channels mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from myolens.readers.source import printable
from myolens.recording import EMG_KINDS, MICROVOLTS_PER_UNIT, Channel, ChannelKind

SLOWEST_EMG_HZ = 100.0
"""Below this an "EMG" channel is an envelope: the Nyquist frequency, 50 Hz, leaves out most of the
20-450 Hz band of surface EMG (De Luca et al., J Biomech 43:1573, 2010)."""

_SPELLINGS = {
    "V": "v volt volts",
    "mV": "mv mvolt mvolts millivolt millivolts",
    "uV": "uv uvolt uvolts microvolt microvolts",
    "nV": "nv nvolt nanovolt nanovolts",
    "g": "g gn standardgravity",
    "m/s^2": "m/s^2 m/s2 m/s/s ms^-2 ms-2 m.s-2 m*s^-2 m*s-2 ms2",
    "deg/s": "deg/s °/s dps degree/s degrees/s deg/sec °/sec degs",
    "rad/s": "rad/s rad/sec radian/s radians/s rads",
    "uT": "ut microtesla",
    "degC": "degc deg.c °c celsius degreecelsius degreescelsius",
    "ohm": "ohm ohms Ω ω",
    "kohm": "kohm kohms kΩ kω",
    "Hz": "hz hertz",
    "N": "n newton newtons",
    "lux": "lux lx",
    "%": "% percent",
}
_UNITS = {spelling: unit for unit, words in _SPELLINGS.items() for spelling in words.split()}
_UNKNOWN_WORDS = (
    ". - -- ? n/a na none null nan unknown undefined a.u a.u. au arb arb. arbitrary arbitraryunits adu adc "
    "nu raw counts count unitless dimensionless bool boolean [] ()"
)
_UNKNOWN = frozenset(_UNKNOWN_WORDS.split())
_SUFFIXES = {
    "_m_s2": "m/s^2", "_ms2": "m/s^2", "_mps2": "m/s^2", "_deg_s": "deg/s", "_dps": "deg/s",
    "_rad_s": "rad/s", "_g": "g", "_mv": "mV", "_uv": "uV", "_v": "V",
}  # fmt: skip

_KINDS = (
    (
        ChannelKind.TRIGGER,
        r"status|trig(ger)?s?\b|\bstim\b|\bsti\b|marker|\bevents?\b|\bsync|\bnseq\b|\bbutton\b",
    ),
    (ChannelKind.ECG, r"ecg|ekg|electrocardio"),
    (ChannelKind.GYROSCOPE, r"gyro|rot(ation)?[ _.]?rate|angular[ _.]?(rate|velocity)"),
    (ChannelKind.ACCELERATION, r"\bacc|accel|user_acc|gravity|\bxyz\b"),
    (ChannelKind.FORCE, r"\bforce|torque|dynamomet|load ?cell|\bmvc\b|acquired data|performed path"),
)
_EMG = re.compile(r"emg|electromyo|\bmuscle\b", re.IGNORECASE)
_NEEDLE = re.compile(r"needle|concentric|intramuscular|fine[- ]?wire|indwelling|\bimemg\b", re.IGNORECASE)
_OTHER_BIOSIGNAL = re.compile(
    r"eeg|eog|\bbrain|resp|pleth|\babp\b|\bpap\b|bvp|ppg|eda|gsr|temp(erature)?\b|spo2|source for decomp",
    re.IGNORECASE,
)
_BY_UNIT = {
    "g": ChannelKind.ACCELERATION,
    "m/s^2": ChannelKind.ACCELERATION,
    "deg/s": ChannelKind.GYROSCOPE,
    "rad/s": ChannelKind.GYROSCOPE,
    "N": ChannelKind.FORCE,
    "Nm": ChannelKind.FORCE,
}


def unit_of(text: str | None) -> str | None:
    """Unit in the spelling `Channel.unit` uses; None where the text does not name one.

    Examples
    --------
    >>> unit_of("µV"), unit_of("microvolts"), unit_of("mv"), unit_of("a.u."), unit_of("mmHg")
    ('uV', 'uV', 'mV', None, 'mmHg')
    """
    given = (text or "").replace("\0", "").strip().strip("[]()").strip()
    plain = re.sub(r"\s+", "", given).replace("µ", "u").replace("μ", "u").replace("²", "^2").lower()
    if not plain or plain in _UNKNOWN:
        return None
    return _UNITS.get(plain, given.replace("µ", "u").replace("μ", "u")[:40])


def split_unit(label: str) -> tuple[str, str | None]:
    """Name and unit of a heading such as ``"Acc x (m/s^2)"``, ``"EMG [mV]"`` or ``"acc_x_m_s2"``."""
    label = label.strip().strip('"').strip()
    bracketed = re.fullmatch(r"(.*?)\s*[\[(]([^\[\]()]{1,20})[\])]", label)
    if bracketed and bracketed[1]:
        return bracketed[1].strip(), unit_of(bracketed[2])
    for suffix, unit in _SUFFIXES.items():
        if label.lower().endswith(suffix) and len(label) > len(suffix):
            return label[: -len(suffix)], unit
    return label, None


def kind_of(label: str, unit: str | None, *, about: str = "") -> ChannelKind:
    """Kind of channel from its name, unit and what else the file says about it.

    A channel is EMG only when it is called so and its unit is a voltage or not known.

    Parameters
    ----------
    label, unit : str, str or None
        Channel name; unit as `unit_of` gives it.
    about : str
        Sensor type, transducer, header comment: decides needle against surface.
    """
    words = f"{label} {about}"
    electric = unit is None or unit in MICROVOLTS_PER_UNIT
    for kind, pattern in _KINDS:
        if re.search(pattern, label, re.IGNORECASE) and not (
            kind is not ChannelKind.TRIGGER and _EMG.search(label)
        ):
            return kind if kind is not ChannelKind.ECG or electric else ChannelKind.OTHER
    if electric and not _OTHER_BIOSIGNAL.search(label) and (_EMG.search(label) or _EMG.search(about)):
        return ChannelKind.NEEDLE_EMG if _NEEDLE.search(words) else ChannelKind.SURFACE_EMG
    return _BY_UNIT.get(unit or "", ChannelKind.OTHER)


def could_be_emg(channel: Channel) -> bool:
    """Whether a channel whose kind the file does not tell might hold EMG."""
    if channel.kind in EMG_KINDS:
        return True
    electric = channel.unit is None or channel.unit in MICROVOLTS_PER_UNIT
    return channel.kind is ChannelKind.OTHER and electric and not _OTHER_BIOSIGNAL.search(channel.name)


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """Names made unique: empty ones become "channel 3", repeated ones get " (2)", " (3)".

    Examples
    --------
    >>> numbered(["EMG", "", "EMG"])
    ('EMG', 'channel 2', 'EMG (2)')
    """
    given: list[str] = []
    for place, name in enumerate(names, start=1):
        given.append(printable(" ".join(name.replace("\0", " ").split()), 120) or f"channel {place}")
    reserved = set(given)
    used: set[str] = set()
    following: dict[str, int] = {}
    for place, name in enumerate(given):
        unique = name
        while unique in used or (unique != name and unique in reserved):
            following[name] = following.get(name, 1) + 1
            unique = f"{name} ({following[name]})"
        used.add(unique)
        given[place] = unique
    return tuple(given)


def listed(names: Sequence[str]) -> str:
    """Names in words, shortened after the fourth."""
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def unit_notes(channels: Sequence[Channel]) -> tuple[str, ...]:
    """Sentence naming the channels whose unit the file does not state; none when all are known."""
    unknown = [c.name for c in channels if c.unit is None and c.kind is not ChannelKind.TRIGGER]
    if not unknown:
        return ()
    return (f"The file does not state the unit of {listed(unknown)}",)
