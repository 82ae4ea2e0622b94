"""Make training screens from real software: pages on CSS frameworks, photographed in Chromium.

``python -m handrail.tasks.data --count N --seed S`` writes them under ``build/data``; the trainer's
stage ``scenes`` mixes them in. Nothing here comes from the pages that the examination looks at.
"""
