"""Coverage-guided fuzzing of one way in (`fuzz_targets`), by hand.

::

    python -m tests.long.fuzz_atheris scenario -max_total_time=600

Needs the extra ``fuzz``. What follows the name goes to libFuzzer; a corpus is kept in ``.fuzz/NAME`` between runs, and
what crashes is written to ``.fuzz/NAME-crash-...``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
JITTED = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ("semantics", "dataplane", "program")
    for path in (ROOT / "fvcapacity" / room).rglob("*.py")
]
"""Numba cannot compile functions that have counters of atheris in them."""

with atheris.instrument_imports(include=["fvcapacity", "yaml", "prometheus_api_client"], exclude=JITTED):
    from tests.long import fuzz_targets


def main() -> None:
    """Fuzz the target that the first argument names."""
    name, *more = sys.argv[1:]
    target = fuzz_targets.TARGETS[name]
    corpus = Path(".fuzz") / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number in range(0 if target.seeds else 40):
        (corpus / f"odd-{number}").write_bytes(bytes([128 + number]) + b"odd")
        (corpus / f"edit-{number}").write_bytes(bytes([number, 0xFF, 0, 0, number, 0x41]))
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(b"\x00" + seed)
        (corpus / f"odd-{number}").write_bytes(bytes([128 + number]) + b"odd")
    words = Path(".fuzz") / f"{name}.dict"
    quoted = ["".join(f"\\x{byte:02x}" for byte in word.encode()) for word in target.words]
    words.write_text("".join(f'"{word}"\n' for word in quoted))
    limits = ["-timeout=20", "-rss_limit_mb=3000", "-max_len=20000", f"-artifact_prefix=.fuzz/{name}-"]
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-dict={words}", *limits, *more], lambda data: fuzz_targets.run(name, data)
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
