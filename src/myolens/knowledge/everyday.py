"""Words of a complaint that mean something else in ordinary talk ("I can run", "shake hands").

A short name that is also an everyday word is read as a finding only where the words around it
say so. Nothing here concerns names written into a case by themselves: "runs" in a list of
complaints stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from myolens.knowledge.text import flat, stem
from myolens.knowledge.wording import stems

TOO_SHORT = stems(
    """pain duration onset sleep exercise running sport drug chronic gym speed cold flat pulse
    temperature left side both irregular rhythmic progressive injury cup tea cola trauma flare fit
    fall infection wine beer bilateral unilateral spreading intermittent flicker shake numb mg ms
    als temp hr lead travel antibiotic lesion flu medication medicine inhaler steroid doctor nurse
    physician restlessness hunger can glass bottle shot pint
    evening bout flap dm freezing neglect ritual facilitation variability screen"""
)
"""Single words too ambiguous in running text to propose anything by themselves."""

_QUALITY = stems(
    """constant continuous generalised focal localised migrating recurrent occasional sporadic periodic
    episodic symmetric symmetrical asymmetric asymmetrical longstanding fluctuating rhythmical
    oscillating"""
)
"""Adjectives that belong to a finding only beside a complaint, or at the end of what is said of one."""

_TOILET = r"\b(?:the|my) runs\b|\b(?:got|have|had|has|with|having|getting) (?:the )?runs\b"
_ACT = r"(?:my|the|his|her|their|your|a|an|some|it|this|that|these|those)"

_NEEDED = {
    "run": rf"(?:{_TOILET})(?! (?:i|we|he|she|that|on|in|at)\b)",
    "fit": r"\b(?:had|has|have|having|another|first|epileptic|of) (?:a |an |two |three |some |several )?"
    r"fits?\b(?! (?:of|and well|and healthy|and active|body|enough|person|for|the|in|with)\b)",
    "fitted": r"\b(?:i|he|she|they|has|have|had|then|suddenly) (?:just |then |once |twice )?fitted\b"
    rf"(?! (?:{_ACT}|in|into|with|well|new|out|like)\b)",
    "aid": r"\b(?<!hearing )(?<!walking )(?<!visual )(?<!first )(?<!sleep )aids\b(?! (?:me|my|in|the|to)\b)",
    "sat": r"\bsats\b",
    "dom": r"\bdoms\b",
    "tum": r"\btums\b",
    "grave": r"\bgraves\b",
    "chill": r"\bchills\b",
    "rigor": r"\brigors\b",
    "aspiration": r"\baspiration\b",
    "knock": r"\bknock (?:to|on|against) (?:my|the|his|her) (?!door|window|wall)",
    "bump": r"\bbump (?:to|on|against) (?:my|the|his|her) (?!road|way|door|car)",
    "tearing": r"\btearing\b.*\beyes?\b|\beyes?\b.*\btearing\b",
    "alert": r"\b(?:am|is|are|was|were|been|be|feels?|fully|remain(?:s|ed)?|stay(?:s|ed)?) alert\b",
    "continent": r"\b(?:am|is|are|was|were|fully|still|remain(?:s|ed)?) continent\b",
    "oriented": r"\b(?:am|is|are|was|were|fully|well|remain(?:s|ed)?) orient(?:at)?ed\b",
    "orientated": r"\b(?:am|is|are|was|were|fully|well|remain(?:s|ed)?) orient(?:at)?ed\b",
}
"""Words that are a finding only where this is found in the clause."""

_STAIRS = r"(?:the |a |up |some |my |all |few |\d+ )*(?:stairs?|steps?|ladders?|hills?|flights?|trees?)"
_NOT_ALCOHOL = (
    r"(?:water|tea|coffee|milk|juice|plenty|enough|fluids?|liquids?|from|soup|cola|coke|squash|glass)"
)
_ON_PURPOSE = r"(?:\w+ ){0,2}?(?:on purpose|deliberately|by (?:dieting|diet|eating|running))\b"
_OTHERWISE = {
    "stroke": rf"\bstrok(?:e|es) (?:{_ACT}|of luck|of midnight|of genius)\b|"
    r"\b(?:breast|back|swimming|butterfly|brush) ?strokes?\b|"
    r"\b(?:cat|dog|horse|pet)s? (?:has |have )?had a stroke\b",
    "jump": r"\b(?:can|could|i|able to) (?:still |also )?jump\b|"
    r"\bjump(?:ed)? (?:on|with|from|off|onto|over) (?:one|both|a|either|two)\b",
    "jumping": r"\bjumping (?:on|with|from|off|onto|over) (?:one leg|one foot|both feet|a|either leg)\b",
    "shake": r"\b(?:shakes?|shook) (?:(?:my|his|her|their|your|the|a|people s|peoples) )?(?:hands?|heads?)\b|"
    r"\b(?:protein|milk|diet|fruit|whey|vanilla|banana) ?shakes?\b|\bshakes? off\b",
    "shaking": r"\bshaking (?:(?:my|his|her|their|your|the|a) )?(?:head|bottle)\b|"
    r"\bshaking (?:(?:my|his|her|their|your|the) hands?|(?:a )?hands? with)\b|\bwithout shaking hands\b|"
    r"\bshaking with (?:laughter|anger|rage|cold)\b",
    "nervous": r"\bnervous system",
    "tension": r"\b(?:surface|high|blood|line) tension\b",
    "tired": r"\btired of\b",
    "exhausted": r"\bexhausted (?:all|every|the|my (?:options|savings|patience))",
    "worn out": r"\bworn out (?:shoes?|tyres?|brakes?|clothes|joints?|discs?|knees?|hips?)\b",
    "run down": r"\brun down (?:the|a|to|my|house|area|battery)\b",
    "feeling sick": r"\bfeeling sick (?:of|and tired of)\b",
    "being sick": r"\bbeing sick (?:of|and tired of)\b",
    "weak": r"\bweak (?:coffee|tea|drinks?|beer|squash|signal|spots?|points?|excuse|battery|link|evidence|"
    r"light|wifi|sun|moment|argument|currency|economy)\b",
    "weaker": r"\bweaker (?:coffee|tea|drinks?|beer|signal|battery|light|sun|dose)\b",
    "heaviness": r"\bheaviness of the (?:traffic|rain|load)\b",
    "wasting": rf"\bwasting (?:{_ACT} |your )?(?:time|money|food|energy|water|life|days?)\b",
    "drinking": rf"\bdrinking (?:lots of |a lot of |some |only |cold |hot |more |my |the )*{_NOT_ALCOHOL}\b|"
    r"\b(?:eating|food) (?:and|or) drinking\b|"
    r"\b(?:when|while|on|chok\w+|cough\w+|trouble|difficulty) drinking\b",
    "alcohol": r"\balcohol (?:gel|wipes?|rub|swabs?)\b|\balcohol free\b|\brubbing alcohol\b",
    "coffee": r"\bcoffee (?:table|shop|machine|cup|mug|break|morning)\b|\bdecaf\w*(?: \w+)? coffee\b",
    "climbing": rf"\bclimbing {_STAIRS}\b",
    "training": r"\btraining (?:course|day|as|to be|for (?:a|my) job)\b|"
    r"\b(?:toilet|staff|job|nurse|teacher|work) training\b",
    "football": r"\b(?:watch\w*|on) (?:\w+ )?football\b|\bfootball (?:on|match on) (?:tv|television)\b",
    "exam": r"\b(?:eye|medical|physical|neuro\w*|clinical|rectal|dental|breast|hearing|doctors) exams?\b|"
    r"\bexam (?:was|is|were|showed|normal|found|room)\b",
    "stress": r"\bstress (?:tests?|ball|ecg|fracture|echo\w*|incontinence)\b",
    "fasting": r"\bfasting (?:glucose|blood|bloods|sugar|sample|tests?|insulin|lipids?)\b",
    "flushing": r"\bflushing (?:the|a) (?:toilet|loo|pipe)",
    "twisting": rf"\btwisting {_ACT}\b",
    "winging": r"\bwinging it\b",
    "stumbling": r"\bstumbling (?:over (?:my )?words|across|upon|on|block)\b",
    "falling": r"\bfalling (?:asleep|in love|behind|short|apart|back on|out with|prices)\b",
    "keep falling": r"\bfalling (?:asleep|in love|behind|short|apart|back on|out with|prices)\b",
    "lost weight": rf"\blost weight {_ON_PURPOSE}",
    "losing weight": rf"\blosing weight {_ON_PURPOSE}",
    "cannot stand": r"\bcan ?not stand (?:my boss|it when|him|them|being|the (?:noise|sight|smell))\b",
    "left hand": r"\b(?:write|writes|eat|throw|work) with my left hand\b",
    "right hand": r"\b(?:write|writes|eat|throw|work) with my right hand\b",
    "tripping": r"\b(?:guilt|ego|head) tripping\b|\btripping (?:on (?:acid|mushrooms)|the switch)\b",
    "itching": r"\bitching (?:to|for)\b",
    "bitten": r"\bbitten (?:my|his|her|their) (?:nails?|tongue|lips?|cheeks?)\b|\bnails? bitten\b",
    "seized": rf"\bseized (?:up|by|on|upon|every|{_ACT})\b",
    "blackout": r"\bblackout (?:curtains?|blinds?)\b|\b(?:power|electricity|news) blackout\b",
    "twitch": r"\b(?:on|watch\w*|stream\w*) twitch\b(?! (?:in|of|ing)\b)",
    "vibrating": r"\bphone (?:is |keeps |was |starts )?vibrating\b",
    "buzzing": r"\bphone (?:is |keeps |was |starts )?buzzing\b",
    "burning": r"\bburning (?:fat|calories|wood|the|my candle)\b",
    "popping": r"\bpopping (?:in|out|round|over) (?:to|for)\b|\bpopping (?:pills|candles|balloons|corn)\b",
    "iron": r"\b(?:pumping|steam|an|the|cast|wrought|golf|curling) iron\b"
    r"(?! (?:tablet|pill|supplement|capsule|infusion))|"
    rf"\biron (?:{_ACT}|shirts?|clothes|man|lady|door|gate|bar|fist|will)\b|\bto iron\b",
    "progression": r"\b(?:career|job|school|game|chord) progression\b",
    "recovering": r"\brecovering (?:alcoholic|addict|from)\b",
    "settling": r"\bsettling (?:in|into|down with)\b",
    "improving": rf"\bimproving (?:{_ACT} )?(?:diet|sleep|fitness|skills?|english|form|work|posture)\b",
    "improved": rf"\bimproved (?:{_ACT} )?(?:diet|sleep|fitness|skills?|form|recipe|posture)\b",
    "worry": r"\b(?:no|not to|nothing to|dont|do not|never) worry\b",
    "collapse": r"\bcollapse (?:of the|in (?:prices|sales))\b",
}
"""What must not be found around a name: there it means something else. A word that is no name by itself
("jump") names a complaint together with a part of the body."""

_NEEDED_RE = {stem(word): re.compile(pattern) for word, pattern in _NEEDED.items()}
_OTHERWISE_RE = {
    " ".join(stem(part) for part in word.split()): re.compile(pattern) for word, pattern in _OTHERWISE.items()
}


class Clause:
    """One clause as ordinary talk: which places of it mean something else than a finding."""

    def __init__(self, text: str) -> None:
        self._text, self._at = flat(text)
        self._places: dict[re.Pattern[str], list[tuple[int, int]]] = {}

    def means_otherwise(self, names: Iterable[str], start: int, end: int) -> bool:
        """Return whether one of the names, at the place from `start` to `end`, means something else here."""
        return any(
            (name in _NEEDED_RE and not self._found(_NEEDED_RE[name], start, end))
            or (name in _OTHERWISE_RE and self._found(_OTHERWISE_RE[name], start, end))
            for name in names
        )

    def _found(self, pattern: re.Pattern[str], start: int, end: int) -> bool:
        if pattern not in self._places:
            matches = pattern.finditer(self._text)
            self._places[pattern] = [(self._at[m.start()], self._at[m.end() - 1]) for m in matches]
        return any(first < end and last >= start for first, last in self._places[pattern])


def is_quality(word: str) -> bool:
    """Return whether a word says how something is, not what."""
    return word in _QUALITY


def in_context(word: str) -> bool:
    """Return whether a word counts where the words around it say so, however short it is."""
    return word in _NEEDED_RE
