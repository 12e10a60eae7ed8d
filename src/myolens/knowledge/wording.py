"""Small words of a name: what negates, sides, adds or changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Literal, cast

from myolens.knowledge.spelling import trunk
from myolens.knowledge.text import bag, key, stem, words


def stems(text: str) -> frozenset[str]:
    """Return the words of a text in the one form in which names are compared."""
    return frozenset(stem(word) for word in text.split())


NEGATIONS = stems(
    "no not non without absent absence denies deny denied negative normal lack lacking never free"
)
"""Words before or after a name that turn present into absent."""

SIDES = {"left": "left", "right": "right", "l": "left", "r": "right", "lt": "left", "rt": "right"}

ARTICLES = stems(
    "a an the of in on at with to for by and or my your his her their our is has have had some any one"
)

EMPTY = stems(
    """recent recently new newly old past previous previously prior known current currently chronic
    acute subacute longstanding gradual gradually slow slowly occasional occasionally frequent
    frequently recurrent recurring repeated constant continuous persistent persisting ongoing
    history diagnosed diagnosis onset isolated focal local localised localized visible involuntary
    spontaneous muscle muscular area region side therapy treatment use usage user taking takes take
    taken intake started start daily medication medicine drug dose tablet tablets regular long term
    patient subjective early late hour day week month year ago after before possible suspected
    probable generalised generalized bilaterally distally proximally predominantly mainly mostly
    initial initially associated accompanying physical clinical examination exam objective testing
    test confirmed documented seen"""
)
"""Words that leave open which finding is meant only in time, certainty or degree."""

DEGREES = stems(
    """severe severely marked markedly moderate profound extreme extremely worst constant continuous
    persistent recurrent recurring repeated frequent prolonged massive strong intense"""
)
"""Words of degree: "no severe pain" leaves open whether there is pain."""

SLIGHT = stems("mild mildly slight slightly minimal minimally subtle faint")
"""Words of degree under which something may still be what others call normal."""

NEUTRAL = stems(
    """difficulty difficult trouble distress impairment impaired disease disorder syndrome mellitus gravis
    consumption exposure poisoning poison toxicity ingestion mood activity feature pattern bulk deep tendon
    response drug inhaler study deficit involvement speech eyelid skin state drinking drinks sense sensory
    failure change extremity motor tested perceived clinically arterial"""
)
"""Words that make a name longer, not narrower: "difficulty swallowing" is all of "swallowing problems"."""

COMMON = (
    NEGATIONS
    | ARTICLES
    | stems(
        """like heavy long big small little much more less
        cannot can do does not go get make take put come want
        quickly fast slow slowly open opening close closing hold holding move moving use using day night hour
        when while during worse better high low left right hand"""
    )
)
"""Words too common to make one name near another."""

ONCE = frozenset({"a", "an", "one", "once", "single", "minor", "small", "last", "fell", "bad", "heavy"})
OFTEN = frozenset({"falls", "recurrent", "repeated", "frequent", "often", "several", "always", "falling"})
"""Words as written beside a thing that happened once, or that happens again and again."""

GRADES = stems(
    """stage grade type class end number level for while bit lot sometimes often at times since always very
    really own its it all without trying getting becoming gets now again twice every weekend
    keep keeps kept work works working morning ran did had went took seem look sound smoke outstretched"""
)
"""Words beside a known name that grade it or say when."""

MEDICINE_NOISE = EMPTY | stems(
    """mg ug g ml mcg unit units inhaler inhaled spray nebuliser nebulizer oral iv im sc intravenous
    injection infusion patch cream drops capsule syrup once twice three times a per day od bd tds
    qds qid bid tid prn nightly night morning modified release xr sr er cr high low supplement
    supplements pill pills overdose toxicity withdrawal induced exposure abuse excess recreational"""
)
"""Doses, forms and habits of writing around the name of a medicine."""

STOPPED = stems(
    """stopped stopping withdrawal withdrawn withdrew cessation discontinued discontinuation ceased quit
    ended halted"""
)
CUT = stems(
    """missed missing skipped skipping forgot forgotten omitted reduced reducing reduction lowered lowering
    decreased decreasing halved taper tapered tapering wean weaned weaning cut cutting"""
)
TOO_MUCH = re.compile(
    r"\b(?:(?:double|twice|triple|extra) (?:the )?(?:usual )?(?:doses?|amount)|too (?:much|many))\b"
)
RAN_OUT = re.compile(
    r"\b(?:r[au]n(?:ning)? (?:short|out)|out of|(?:came|coming|went|gone|weaned) off|no (?:more|longer))\b"
)
STARTED = stems("new newly started starting begun initiated increased increase raised doubled changed change")
OVERDOSE = stems("overdose toxicity intoxication toxic poisoning overuse")
"""Words beside a medicine: it was stopped, cut or missed, begun or changed, or too much was taken."""

UNABLE = stems("cannot cant unable difficulty difficult trouble inability impossible struggle struggling")
"""Words beside an activity that say that it has become hard ("trouble climbing"), not that it is done."""

MOTIONS = stems(
    """extension flexion dorsiflexion plantarflexion inversion eversion
    abduction adduction rotation pronation supination elevation opposition extensor
    flexor abductor adductor everter evertor inverter invertor dorsiflexor extending bending raising
    spreading intrinsic strength power movement"""
)
"""Motions of a joint, which name the place of a weakness no further than the joint does."""

LAB_NOISE = stems("serum plasma blood level concentration total value fasting test result venous")

LOW = stems("low reduced decreased deficient deficiency lowered depleted depletion")
HIGH = stems("high raised elevated increased elevation excess excessive")

MODIFIERS: dict[str, tuple[str, ...]] = {
    "progressive": ("symptoms_progressive",),
    "progressively": ("symptoms_progressive",),
    "worsening": ("symptoms_progressive",),
    "increasing": ("symptoms_progressive",),
    "spreading": ("symptoms_progressive",),
    "bilateral": ("both_sides",),
    "symmetric": ("both_sides",),
    "symmetrical": ("both_sides",),
    "both": ("both_sides",),
    "unilateral": ("one_sided",),
    "asymmetric": ("one_sided",),
    "asymmetrical": ("one_sided",),
    "sudden": ("sudden_onset",),
    "abrupt": ("sudden_onset",),
    "suddenly": ("sudden_onset",),
    "fatigable": ("weakness_fatigable",),
    "fatiguable": ("weakness_fatigable",),
    "intermittent": ("intermittent",),
    "episodic": ("intermittent",),
    "paroxysmal": ("intermittent",),
    "painful": ("pain",),
    "nocturnal": ("worse_in_evening",),
    "exertional": ("worse_after_exercise",),
    "fluctuating": ("symptoms_fluctuating",),
    "rhythmic": ("rhythmic_movement",),
    "irregular": ("irregular_movement",),
    "migrating": ("twitching_migrating",),
}
"""Adjectives that add a finding to the one they stand beside."""

WEAKNESS_MODIFIERS = {
    "symptoms_progressive": "weakness_progressive",
    "both_sides": "weakness_symmetric",
    "one_sided": "weakness_asymmetric",
    "sudden_onset": "weakness_sudden",
    "intermittent": "weakness_episodic",
}
"""What the same adjectives add beside weakness."""

FAMILY_HISTORY = re.compile(
    r"^(?:positive )?(?:family history(?: of)?|familial|fh(?: of)?|fhx|family)\b|"
    r"^(?:father|mother|brother|sister|sibling|parent|uncle|aunt|cousin|grandfather|grandmother|relative|son|daughter)s?"
    r"(?: (?:with|had|has|of))?\b|\b(?:in|runs in) (?:the )?family$|\bfamily history$|"
    r"\bin (?:(?:an?|the|my|one|his|her) )?(?:father|mother|brother|sister|sibling|parent|uncle|aunt|cousin|"
    r"grandfather|grandmother|relative|son|daughter)$"
)
"""What makes a name a relative's."""
BARE_FAMILY = re.compile(
    r"(?:(?:relevant|significant|positive|known|neurological|neuromuscular|inherited) )?"
    r"(?:family (?:history|illness|disease|problems?)|relatives? affected|"
    r"(?:illness|disease|history) in (?:the )?family)"
    r"(?: of (?:note|this|it|illness|disease))?"
)
"""A family history of nothing in particular, which says something only where it is denied."""

EVERYWHERE = ("body", "limb", "muscle")
"""Sites so wide that absence there is absence."""

YES = stems(
    """yes y true present positive high raised elevated some mild moderate severe abnormal marked low
    reduced increased decreased frequent occasional often much"""
)
NO = stems("no n false absent negative none normal never nil unremarkable not denied")
_UNSURE = "unknown;not known;?;unsure;not tested;n/a;na;pending;not said"
NOT_KNOWN = frozenset(key(word) for word in _UNSURE.split(";"))

LabWord = Literal["low", "normal", "high"]
LAB_WORDS: dict[str, LabWord] = {}
"""Results given as words."""
for _state, _names in (
    ("low", "low reduced decreased deficient suppressed undetectable depleted below subnormal"),
    ("high", "high raised elevated increased above positive abnormal deranged disturbed"),
    ("normal", "normal unremarkable unrevealing negative fine ok within"),
):
    LAB_WORDS |= dict.fromkeys(stems(_names), cast("LabWord", _state))

DIGITS = stems("finger thumb toe")
"""Parts whose spreading is a motion and not a course."""

PATHS = stems("down into along from through inside toward onto below above behind beside near around between")
"""Words between a complaint and where it goes to."""

_SAME = (
    "cannot cant unable difficult difficulty trouble hard struggle struggling inability impossible problem",
    "intake drinking consumption drink",
    "abdomen abdominal belly tummy stomach",
    "vision sight eyesight",
    "broken fracture fractured",
    "accident crash collision",
    "fear afraid scared terrified petrified frightened worry worried anxious anxiety",
    "rise rising stand standing get getting",
    "overhead above",
    "exercise training sport workout",
    "raise raising lift lifting",
    "removed removal excision resection",
)
SAME = {trunk(stem(word)): trunk(stem(group.split()[0])) for group in _SAME for word in group.split()}
"""Words that mean the same in the name of a finding, each with the one that stands for all."""
_JOINTS = ARTICLES | stems("from into up do head")
_TENDONS = stems("ankle knee biceps triceps tendon supinator")


def sense(tokens: tuple[str, ...]) -> frozenset[str]:
    """Return what is left of a name without endings, filler and choice among words that mean the same."""
    tokens = (
        tuple("reflex" if word == "jerk" else word for word in tokens) if _TENDONS & {*tokens} else tokens
    )
    kept = [word for word in tokens if word not in _JOINTS] or tokens
    return frozenset(SAME.get(trunk(word), trunk(word)) for word in kept)


def beside_medicine(text: str, around: Set[str]) -> frozenset[str]:
    """Return what the words around the name of a medicine say happened to it.

    "stopped", "cut" (less of it, or doses missed), "changed" or "overdose".
    """
    told = {
        "stopped": bool(around & STOPPED) or RAN_OUT.search(text) is not None,
        "cut": bool(around & CUT),
        "changed": bool(around & STARTED),
        "overdose": bool(around & OVERDOSE) or TOO_MUCH.search(text) is not None,
    }
    return frozenset(each for each, there in told.items() if there)


def modifiers(tokens: Iterable[str]) -> list[str]:
    """Return the codes that the adjectives of a name add; to spread fingers is a motion, not a course."""
    tokens = tuple(tokens)
    still = {"spreading"} if not DIGITS.isdisjoint(tokens) else set()
    return [code for token in tokens if token not in still for code in MODIFIERS.get(token, ())]


def special_cases(code: str, synonyms: Iterable[str], every_name: Iterable[str]) -> list[str]:
    """Return the synonyms that say more than another name of the same finding ("leg cramps": "cramps")."""
    own = _content(code)
    wide = [frozenset(bag(words(name))) for name in every_name]
    wide = [name for name in wide if name and not name < own]
    return [name for name in synonyms if any(other < _content(name) for other in wide)]


def _content(name: str) -> frozenset[str]:
    """Return the words of a name that decide what it means."""
    return frozenset(bag(words(name))) - EMPTY - NEUTRAL - frozenset(EVERYWHERE)
