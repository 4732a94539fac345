"""How our objects show themselves in a notebook: escaped HTML, small lines in SVG, and one grammar of plots.

``html`` makes cards and tables, ``sparkline`` draws a line in a few hundred bytes, ``plots`` is what stands behind
``result.plot("latency")``. Nothing here knows what it shows, and nothing heavy is imported: each kind of answer has a
module ``shown`` beside it that says what its card holds.
"""
