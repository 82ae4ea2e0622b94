"""What every test shares."""

from hypothesis import settings

# A slow machine is no defect: what must be quick is measured by the bench, not by a test.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
