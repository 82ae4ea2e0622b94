"""Make training screens from real software: pages in Chromium, windows of GTK and Qt.

``python -m handrail.tasks.data --count N --seed S`` writes pages on CSS frameworks under
``build/data``, with ``--source toolkits`` windows; the trainer's stage ``acts`` mixes both in, by
their numbers. Nothing here comes from the pages and applications that the examination looks at.
"""
