"""Words that say little about whose name it is, and words that are written in several ways.

Everything is in the form that :mod:`credence.service.screening.names` gives words: small ASCII letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _ways(text: str) -> Mapping[str, str]:
    """Each line is a word and the ways in which it is written."""
    lines = (line.split() for line in text.strip().splitlines())
    return MappingProxyType({way: line[0] for line in lines for way in line})


TITLES: Final = _words(
    """
    alhaj alhajj ayatollah brigadier capt captain col colonel comandante commander dame doctor dr eng engineer gen
    general hadj hadji haj haji hajj hajja hajji hojjat hon imam khawaja lieutenant lord lt madame maj major marshal
    maulana maulavi maulawi mawlawi miss mme mr mrs ms mufti mulla mullah ostad president prof professor qari rev
    reverend senator sergeant sgt shaikh shaykh sheik sheikh sheykh sir ustad ustadh ustadz
    """
)
"""Written before names in lists and letters, and never in documents."""

PARTICLES: Final = _ways(
    """
    al el ul ur ud us ad ar az ash il
    bin ibn ben ould oulad wuld bn
    bint bent binti
    de da do di du des del della dos das
    van von der den ter zu zum zur
    la le les los las lo
    y e and und et
    """
)
"""Joining words of personal names, each with the ways in which it is written."""

SPELLINGS: Final = _ways(
    """
    abdul abdel abdal abd abdol bd
    abu abou aboo
    uddin eddin eddine aldin aldeen addin addine
    """
)
"""Parts of Arabic names that stand alone or grown together."""

LONG_FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "obshchestvo s ogranichennoy otvetstvennostyu": "llc",
        "obshchestvo s ogranichennoi otvetstvennostiu": "llc",
        "gesellschaft mit beschrankter haftung": "llc",
        "sociedad de responsabilidad limitada": "llc",
        "publichnoe aktsionernoe obshchestvo": "jsc",
        "societatea cu raspundere limitata": "llc",
        "otkrytoe aktsionernoe obshchestvo": "jsc",
        "societe a responsabilite limitee": "llc",
        "private joint stock company": "jsc",
        "public joint stock company": "jsc",
        "closed joint stock company": "jsc",
        "limited liability company": "llc",
        "open joint stock company": "jsc",
        "aktsionernoe obshchestvo": "jsc",
        "public limited company": "plc",
        "joint stock company": "jsc",
        "limited partnership": "lp",
        "sociedad anonima": "jsc",
        "societe anonyme": "jsc",
        "private limited": "llc",
        "sp z o o": "llc",
    }
)
"""Legal forms of several words, the longest first, each with its class."""

LEGAL_FORMS: Final = _ways(
    """
    jsc aktiengesellschaft ojsc cjsc pjsc ao oao zao pao ag sa spa nv ab as asa plc bv se sas tbk pt kk bhd sdn
    llc ltd limited ooo gmbh srl sarl bvba pty pte ltda lda sl spzoo oy kft doo pvt
    inc incorporated corp corporation co company cie cia fze fzc fzco lp llp
    """
)
"""Legal forms of one word, by class: a limited company, a company with shares, any other firm."""

GENERIC: Final = _words(
    """
    agency associates association bank business center centre commercial company construction consulting development
    energy engineering enterprise enterprises establishment exchange export factory finance financial fund general
    global group health holding holdings import industrial industries industry institute international investment
    investments logistics management manufacturing marine maritime national office organisation organization partners
    petroleum production products properties service services shipping solutions systems technologies technology trade
    trading transport trust
    """
)
"""What a firm does, rather than who it is."""

FILLERS: Final = _words("and da de del des di du et for i la le of the und y")
"""Words of organisations' names that come and go."""

NUMBERS: Final = _ways(
    """
    0 zero
    1 one
    2 two
    3 three
    4 four
    5 five
    6 six
    7 seven
    8 eight
    9 nine
    10 ten
    11 eleven
    12 twelve
    20 twenty
    30 thirty
    40 forty fourty
    50 fifty
    """
)
"""Numbers that are written out."""

BRITISH: Final = (("isation", "ization"), ("labour", "labor"), ("centre", "center"), ("defence", "defense"))
"""What two spellings of English differ in."""
