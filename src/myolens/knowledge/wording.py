"""Small words of a name: what negates, sides, adds or changes nothing."""

from __future__ import annotations

from typing import Literal, cast

from myolens.knowledge.text import key, stem


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


NEGATIONS = _stems(
    "no not non without absent absence denies deny denied negative normal lack lacking never free"
)
"""Words before or after a name that turn present into absent."""

SIDES = {"left": "left", "right": "right", "l": "left", "r": "right", "lt": "left", "rt": "right"}

ARTICLES = _stems(
    "a an the of in on at with to for by and or my your his her their our is has have had some any one"
)

EMPTY = _stems(
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

DEGREES = _stems(
    """severe severely marked markedly moderate profound extreme extremely worst constant continuous
    persistent recurrent recurring repeated frequent prolonged massive strong intense"""
)
"""Words of degree: "no severe pain" leaves open whether there is pain."""

SLIGHT = _stems("mild mildly slight slightly minimal minimally subtle faint")
"""Words of degree under which something may still be what others call normal."""

NEUTRAL = _stems(
    """difficulty difficult trouble distress impairment impaired disease disorder syndrome mellitus gravis
    consumption exposure poisoning poison toxicity ingestion mood activity feature pattern bulk deep tendon
    response drug inhaler study deficit involvement speech eyelid skin state drinking drinks sense sensory
    failure change extremity motor tested perceived clinically arterial"""
)
"""Words that make a name longer, not narrower: "difficulty swallowing" is all of "swallowing problems"."""

COMMON = (
    NEGATIONS
    | ARTICLES
    | _stems(
        """heavy long big small little much more less cannot can do does not go get make take put come want
        quickly fast slow slowly open opening close closing hold holding move moving use using day night hour
        when while during worse better high low left right hand"""
    )
)
"""Words too common to make one name near another."""

GRADES = _stems("stage grade type class end number level for while bit lot sometimes often at times since")
"""Words beside a known name that grade it or say when."""

MEDICINE_NOISE = EMPTY | _stems(
    """mg ug g ml mcg unit units inhaler inhaled spray nebuliser nebulizer oral iv im sc intravenous
    injection infusion patch cream drops capsule syrup once twice three times a per day od bd tds
    qds qid bid tid prn nightly night morning modified release xr sr er cr high low supplement
    supplements pill pills overdose toxicity withdrawal induced exposure abuse excess recreational"""
)
"""Doses, forms and habits of writing around the name of a medicine."""

STOPPED = _stems("stopped stopping withdrawal withdrawn cessation discontinued discontinuation ceased quit")
STARTED = _stems("new newly started starting begun initiated increased increase raised changed change")
OVERDOSE = _stems("overdose toxicity intoxication toxic poisoning overuse")
"""What a word beside a medicine adds: it was stopped, begun or changed, or too much was taken."""

MOTIONS = _stems(
    """extension flexion abduction adduction rotation pronation supination elevation opposition extensor
    flexor abductor adductor extending bending raising intrinsic strength power movement"""
)
"""Motions of a joint, which name the place of a weakness no further than the joint does."""

LAB_NOISE = _stems("serum plasma blood level concentration total value fasting test result venous")

LOW = _stems("low reduced decreased deficient deficiency lowered depleted depletion")
HIGH = _stems("high raised elevated increased elevation excess excessive")

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

EVERYWHERE = ("body", "limb", "muscle")
"""Sites so wide that absence there is absence."""

YES = _stems(
    """yes y true present positive high raised elevated some mild moderate severe abnormal marked low
    reduced increased decreased frequent occasional often much"""
)
NO = _stems("no n false absent negative none normal never nil unremarkable not denied")
_UNSURE = "unknown;not known;?;unsure;not tested;n/a;na;pending;not said"
NOT_KNOWN = frozenset(key(word) for word in _UNSURE.split(";"))

LabWord = Literal["low", "normal", "high"]
LAB_WORDS: dict[str, LabWord] = {}
"""Results given as words."""
for _state, _names in (
    ("low", "low reduced decreased deficient suppressed undetectable depleted below subnormal"),
    ("high", "high raised elevated increased above positive abnormal"),
    ("normal", "normal unremarkable unrevealing negative fine ok within"),
):
    LAB_WORDS |= dict.fromkeys(_stems(_names), cast("LabWord", _state))
