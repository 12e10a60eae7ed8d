"""Fear of a serious disease, as people tell it: "terrified of ALS", "googling all night".

What somebody fears is not what somebody has: the disease named beside the fear is not read as theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from myolens.knowledge.text import flat

HEALTH_ANXIETY = "health_anxiety"

_DISEASE = (
    r"(?:als|mnd|a?myotrophic lateral sclerosis|(?:a )?motor neurone?s? diseases?|lou gehrigs?(?: disease)?|"
    r"multiple sclerosis|(?:having )?ms|parkinsons?(?: disease)?|(?:a )?brain tumou?rs?|(?:a )?cancer|"
    r"something (?:\w+ )?(?:serious|fatal|sinister|deadly)|"
    r"(?:a |some )?(?:\w+ )?(?:serious|fatal|terminal|deadly|terrible|neurological|nerve|muscle) "
    r"(?:diseases?|illness(?:es)?|disorders?|conditions?))"
)
_AFRAID = (
    r"(?:terrified|petrified|scared|afraid|frightened|fear|fears|feared|fearing|fearful|worry|worried|worries|"
    r"worrying|panick?ing|panicked|anxious|anxiety|paranoid|convinced|obsess(?:ed|ing)|dread|dreading|"
    r"freaking out|freaked out|stressing|nervous)"
)
_NOT_BETWEEN = (
    r"(?:and|because|who|since|when|not|no|isnt|dont|doesnt|nothing|"
    r"(?:father|dad|mother|mum|mom|sister|brother|uncle|aunt|grand\w+|parent|cousin|wife|husband|son|daughter)s?)"
)
_GAP = rf"(?: (?!{_NOT_BETWEEN}\b)\w+){{0,7}}?(?<! my)"
_GOOGLE = (
    r"(?:google|googling|googled|goggling|dr google|doctor google|browsing health (?:sites|forums)|"
    r"(?:search|searches|searching|searched|researching) (?:online|the (?:internet|web|net)|google|symptoms|"
    r"diseases|for (?:symptoms|answers|causes|a diagnosis)))"
)
_READ = r"(?:read|reads|reading|google|googling|googled|search\w*|research\w*|look(?:ing|ed|s)? up)"
_ABOUT_IT = (
    r"(?: (?:it|this|that|my|the|for|about|on|everything|things|anything|symptoms?|twitch\w*|"
    r"fasciculation\w*|muscles?|diseases?|online|internet|and|or|causes|what|could|be|health|searching|reading|als|mnd|ms))*?"
)
_ALL_THE_TIME = (
    r"(?:all (?:night|day|the time|evening|weekend)|day and night|(?:for|many) hours(?: on end)?|constantly|"
    r"nonstop|non stop|obsessively|compulsively|endlessly|repeatedly|over and over|again and again|"
    r"(?:every|each) (?:day|night|evening|hour|morning|few minutes|few hours|minute|single day)|daily|hourly|"
    r"(?:several|many|dozens of|a hundred|ten|twenty) times (?:a|per|each|every) day|at night|until late)"
)
_CHECK = r"(?:check|checks|checking|checked|test|tests|testing|tested|measure|measuring|compare|comparing)"
_CHECKED = (
    r"(?:strength|muscles?|reflexes|grip|tongue|symptoms?|calf|calves|legs?|arms?|hands?|fingers?|body|walking|"
    r"gait)"
)
_ONLINE = (
    r"(?:(?:my |the )?symptoms?|twitch\w*|fasciculation\w*|muscle (?:twitch\w*|wasting|diseases?)|diseases?)"
)

_AND_FEARED = re.compile(
    rf"\b{_DISEASE}\b(?: \w+){{0,6}}? (?P<fear>{_AFRAID})(?: (?:of|about) (?:it|that|this)\b|$)"
)
_TELLINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<fear>{_AFRAID})\b{_GAP} (?P<disease>{_DISEASE})\b",
        rf"\b(?P<disease>{_DISEASE}) (?:is|has been|was) my (?:\w+ )?(?P<fear>fear|worry|nightmare)\b",
        rf"\b(?P<disease>{_DISEASE}) (?P<fear>fear|fears|worry|worries|anxiety|phobia)\b",
        _AND_FEARED.pattern,
        rf"\b(?P<fear>{_GOOGLE})\b{_ABOUT_IT} {_ALL_THE_TIME}\b",
        rf"\b(?P<fear>read|reads|reading) (?:about|up on)\b{_GAP} (?:{_DISEASE}|{_ONLINE})(?: \w+){{0,3}}? "
        rf"{_ALL_THE_TIME}\b",
        r"\b(?P<fear>googl\w+|dr google|look(?:ing|ed|s)? up|search(?:ing|ed|es)?"
        rf"(?: online| the internet)? for)\b{_ABOUT_IT} {_ONLINE}\b",
        rf"\b(?:{_ALL_THE_TIME}|hours|nights|evenings) (?:on |i )?(?:am )?(?P<fear>google|googling|"
        r"dr google|searching the internet|reading about)\b",
        rf"\b(?P<fear>{_CHECK}) (?:on )?(?:my|his|her|the|own)(?: \w+){{0,2}}? {_CHECKED}\b(?: \w+){{0,4}}? "
        rf"{_ALL_THE_TIME}\b",
        rf"\b(?:{_ALL_THE_TIME}|always|keep|keeps|kept|cant stop|cannot stop|obsessively) (?:i )?"
        rf"(?P<fear>{_CHECK}) (?:on )?(?:my|his|her|the)(?: \w+){{0,2}}? {_CHECKED}\b",
        rf"\b(?:keep|keeps|kept|cant stop|cannot stop) (?P<fear>googling|{_GOOGLE}|reading about)\b",
    )
)
_READ_ABOUT = re.compile(
    rf"\b{_READ}\b(?: (?!{_NOT_BETWEEN}\b)\w+){{0,3}}?(?<! my) (?P<disease>{_DISEASE})\b"
)
_NOT_ANY_MORE = re.compile(
    r"\b(?:no longer|not any ?more|stopped|not (?:\w+ )?any ?longer|used not to)(?: \w+)? $"
)
_JUST_BEFORE = 60
"""Letters before the word of fear in which its end is told."""
_NEVER_STOPS = re.compile(
    r"\b(?:cant|cannot|dont|never|not|couldnt|wont|hardly|unable to) (?:ever )?stop(?:ped)? $"
)


@dataclass(frozen=True)
class Fear:
    """One telling of the fear: its place in the clause, and where the word for the fear itself begins.

    Attributes
    ----------
    start, end, word : int
    over : bool
        True where the words say that it is no longer so.
    unending : bool
        True where the words say that it cannot be stopped, which is no denial.
    """

    start: int
    end: int
    word: int
    over: bool
    unending: bool


def fears(clause: str) -> tuple[tuple[Fear, ...], tuple[tuple[int, int], ...]]:
    """Return the fears told in a clause, and the places of words that name nothing but a fear.

    A disease that is only feared or read about is among them.
    """
    text, at = flat(clause)
    told: list[Fear] = []
    taken: list[tuple[int, int]] = []
    for pattern in _TELLINGS:
        for match in pattern.finditer(text):
            before = text[max(0, match.start("fear") - _JUST_BEFORE) : match.start("fear")]
            unending = _NEVER_STOPS.search(before) is not None
            over = _NOT_ANY_MORE.search(before) is not None
            start, end = at[match.start()], at[match.end() - 1] + 1
            told.append(Fear(start, end, at[match.start("fear")], over, unending))
            taken += [(at[a], at[b - 1] + 1) for a, b in (match.span(g) for g in match.groupdict())]
    for match in _READ_ABOUT.finditer(text):
        taken.append((at[match.start("disease")], at[match.end("disease") - 1] + 1))
    return tuple(told), tuple(taken)
