"""A language: its sentences, and how it writes numbers, money and days."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from fvcapacity.review.extra import needed

Language = Literal["en", "es"]

_LOCALES = {"en": "en_US", "es": "es_CL"}
NOTHING = "–"
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")


class Tongue:
    """Sentences, numbers and days of a language.

    Parameters
    ----------
    language
        ``en`` or ``es`` (as Chile writes numbers: 1.234,5).
    words
        Every sentence by its key, in English and in Spanish.
    extra
        Which extra of the package brings Babel, for the hint when it is missing.
    """

    def __init__(self, language: Language, words: Mapping[str, tuple[str, str]], extra: str = "review") -> None:
        self.language = language
        self._extra = extra
        self.locale = _LOCALES[language]
        column = 0 if language == "en" else 1
        self._words = {key: both[column] for key, both in words.items()}
        self._numbers = needed("babel.numbers", "Babel", extra)
        self._dates = needed("babel.dates", "Babel", extra)

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in.

        Values are put in as they are: whoever prints the sentence escapes it.
        """
        return self._words[key].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """Return a word, or a name as it is when there is no word for it."""
        return self._words.get(key, otherwise)

    def usd(self, amount: float | None, digits: int = 2) -> str:
        """Return dollars: ``US$1,234.50``."""
        if amount is None or not math.isfinite(amount):
            return NOTHING
        pattern = (
            "¤#,##0" + ("." + "0" * digits if digits else "") + ";-¤#,##0" + ("." + "0" * digits if digits else "")
        )
        text = self._numbers.format_currency(
            amount, "USD", format=pattern, locale=self.locale, currency_digits=False
        )  # fmt: skip
        return str(text)

    def amount(self, usd: float | None) -> str:
        """Return dollars and cents below a head that says so: ``1,234.50``."""
        return self.number(usd, 2)

    def number(self, value: float | None, digits: int = 0) -> str:
        """Return a number: ``1,234.5``."""
        if value is None or not math.isfinite(value):
            return NOTHING
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(self._numbers.format_decimal(value, format=pattern, locale=self.locale))

    def percent(self, value: float | None, digits: int = 0, *, signed: bool = False) -> str:
        """Return a percentage that is given in percent: ``12.5 %``."""
        if value is None or not math.isfinite(value):
            return NOTHING
        sign = "+" if signed and round(value, digits) > 0 else ""
        return f"{sign}{self.number(value, digits)} %"

    def day(self, text: str) -> str:
        """Return a day that is written as 2026-02-14: ``Feb 14, 2026``, ``14 feb 2026``."""
        pattern = "MMM d, y" if self.language == "en" else "d MMM y"
        return str(self._dates.format_date(date.fromisoformat(text), pattern, locale=self.locale))

    def listed(self, names: Sequence[str]) -> str:
        """Return names as a list in words: ``a, b and c``."""
        lists = needed("babel.lists", "Babel", self._extra)
        return str(lists.format_list(list(names), locale=self.locale))

    def instant(self, local: datetime, *, year: bool = False) -> str:
        """Return an instant of local time: ``Sat Feb 14, 18:15``, ``sáb 14 feb, 18:15``."""
        pattern = ("EEE MMM d{}, HH:mm" if self.language == "en" else "EEE d MMM{}, HH:mm").format(" y" if year else "")
        return str(self._dates.format_datetime(local, pattern, tzinfo=local.tzinfo, locale=self.locale)).replace(
            ".", ""
        )

    def month(self, text: str) -> str:
        """Return a month that is written as 2026-02: ``February 2026``."""
        first = datetime.strptime(text, "%Y-%m").date()
        return str(self._dates.format_date(first, "LLLL y", locale=self.locale))

    def short_month(self, first: date) -> str:
        """Return the short name of a month."""
        return str(self._dates.format_date(first, "LLL", locale=self.locale)).rstrip(".")


def plain(text: str, most: int = 200) -> str:
    """Return a name in one line: no control characters, not endless. It is escaped where it is printed."""
    clean = " ".join(str(text).translate(_CONTROL).split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"
