"""Make training data from real software: pages in Chromium, windows of GTK and Qt, episodes.

``python -m handrail.tasks.data --count N --seed S`` writes pages on CSS frameworks under
``build/data``, with ``--source toolkits`` windows; the trainer's stage ``acts`` mixes both in, by
their numbers. ``--source miniwob`` and ``--source rollouts`` keep episodes that experts or a model
play, for the same stage (``handrail.tasks.miniwob.training``). Nothing here comes from the pages
and applications that the examination looks at.
"""
