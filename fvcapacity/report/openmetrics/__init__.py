"""The simulated cluster as metrics, under the names that the real one exposes.

``series`` is what a metric is made of, ``counting`` turns bins into counters, ``requests``, ``containers`` and
``objects`` say which metrics there are, ``text`` writes them, ``check`` reads what was written with our own eyes,
because promtool takes nonsense in silence, and ``export`` puts a result into files of a day.
"""
