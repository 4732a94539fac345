"""What notebooks ask and are answered at once: sliders over closed forms (`fvcapacity.analytic`), never a verdict.

``model`` asks, ``answer`` holds tables and figures, ``sliders`` is the desk of widgets in front of them.
"""
