"""What is printed, in the language that was asked for.

Headings, remarks and figures are said by a `Tongue`, which whoever builds them is handed; where none is handed they are
English. It needs no Babel, unlike the tongue of a page: the default install has none.

A summary says its sentences in English, whatever is printed: programs read them, and a result that was kept may be read
in another language later. What is printed is put into words again from the phrases below. As in the words of a review,
both languages of a phrase name the same things in braces; a thing's first letter says what it may be:

``n`` a number, ``m`` a measure, ``t`` a time, ``c`` one at which and ``d`` one from which, ``w`` where, ``u`` a unit,
``l`` a list, ``x`` a name or anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from fvcapacity.cli import words
from fvcapacity.cli.spanish_phrases import PHRASES
from fvcapacity.cli.spanish_words import MEASURES, MONTHS, UNITS, WEEKDAYS, WHERE, WORDS
from fvcapacity.cli.terminal import Language, language

_THING = re.compile(r"\{([nmtcdwulx][a-z]*)\}")
_CLOCK = (
    rf"(?:(?:{'|'.join(WEEKDAYS)}) )?(?:[0-9]{{1,2}} (?:{'|'.join(MONTHS)}) )?(?:[0-9]{{4}} )?[0-9]{{2}}:[0-9]{{2}}"
)
_MEASURE = "|".join(sorted(map(re.escape, MEASURES), key=len, reverse=True))
_PATTERNS = {
    "n": r"[-+±]?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[-+][0-9]+)?",
    "m": rf"(?i:{_MEASURE})",
    "t": _CLOCK,
    "c": _CLOCK,
    "d": _CLOCK,
    "w": r"over all user requests|on [^;:()]+?",
    "u": "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)),
    "l": r".+?",
    "x": r".+?",
}


class Tongue:
    """Words by their key, and figures as a language writes them."""

    def __init__(self, spoken_in: Language) -> None:
        self.language = spoken_in
        self._column = 0 if spoken_in is Language.EN else 1

    def __call__(self, key: str, **values: object) -> str:
        """Return a word or sentence with its values filled in."""
        return words.WORDS[key][self._column].format(**values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """Return a sentence with a number in it, in the singular for one."""
        return self(f"{key}.one" if count == 1 else key, n=self.figure(f"{count:,}"), **values)

    def known(self, key: str, otherwise: str) -> str:
        """Return a word, or a name as it is when there is no word for it."""
        return self(key) if key in words.WORDS else otherwise

    def figure(self, text: str) -> str:
        """Return a figure that Python has written (``1,234.5``) as the language writes it; quantities are none."""
        return text if self.language is Language.EN else spanish_number(text)

    def sentence(self, english: str) -> str:
        """Return a sentence of a summary; what has no phrase stays as it is."""
        return english if self.language is Language.EN else in_spanish(english)

    def time(self, english: str) -> str:
        """Return a time with the names of its day and month: ``sáb 14 feb 18:05``."""
        return english if self.language is Language.EN else spanish_time(english)


ENGLISH = Tongue(Language.EN)
_SPANISH = Tongue(Language.ES)


def tongue_asked_for() -> Tongue:
    """Return the tongue of ``--lang``."""
    return ENGLISH if language() is Language.EN else _SPANISH


def spoken(text: str) -> str:
    """Return a sentence in the language that was asked for; what has no phrase stays as it is."""
    return tongue_asked_for().sentence(text)


def spoken_word(word: str) -> str:
    """Return the word of a verdict: ``MISSED``, ``NO CUMPLE``."""
    return word if language() is Language.EN else WORDS.get(word, word)


@cache
def _compiled() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(_regex(english)), spanish) for english, spanish in PHRASES.values()]


def _regex(english: str) -> str:
    parts = _THING.split(english)
    seen: set[str] = set()
    built = [re.escape(parts[0])]
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        built.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_PATTERNS[name[0]]})")
        seen.add(name)
        built.append(re.escape(literal))
    start = r"(?<![\w-])" if re.match(r"[\w{]", english) else ""
    end = r"(?![\w-])" if re.search(r"[\w}]$", english) and not english.endswith("{x}") else ""
    return f"{start}{''.join(built)}{end}"


def in_spanish(text: str) -> str:
    """Return an English sentence of a summary in Spanish, its figures as Chile writes them (1.234,5)."""
    for pattern, spanish in _compiled():
        text = pattern.sub(_filled(spanish), text)
    return _capitalised(text)


def _filled(spanish: str) -> Callable[[re.Match[str]], str]:
    def fill(match: re.Match[str]) -> str:
        said = {name: _thing(name, value) for name, value in match.groupdict().items()}
        return _THING.sub(lambda thing: said[thing.group(1)], spanish)

    return fill


def _thing(name: str, value: str) -> str:
    kind = name[0]
    if kind == "n":
        return spanish_number(value)
    if kind == "m":
        return MEASURES[value.lower()]
    if kind == "t":
        return spanish_time(value)
    if kind in "cd":
        day, _, clock = spanish_time(value).rpartition(" ")
        return f"el {day} a las {clock}" if day else f"{'a ' if kind == 'c' else ''}las {clock}"
    if kind == "l":
        return value.replace(" and ", " y ")
    if kind == "w":
        return WHERE.get(value, f"en {value.removeprefix('on ').replace(' and ', ' y ')}")
    return UNITS[value] if kind == "u" else value


def spanish_number(text: str) -> str:
    """Return a number as Chile writes it: ``1.234,5``."""
    return text.translate(str.maketrans(",.", ".,"))


def spanish_time(text: str) -> str:
    """Return a time with the names of its day and month: ``sáb 14 feb 18:05``."""
    return " ".join(WEEKDAYS.get(word, MONTHS.get(word, word)) for word in text.split(" "))


def _capitalised(text: str) -> str:
    """Return sentences that begin with a capital where a phrase put a small article."""
    return re.sub(r"(^|[.!?] )(el|la|los|las|un|una|en|a|con|no|hay)(?= )", lambda m: m[1] + m[2].capitalize(), text)
