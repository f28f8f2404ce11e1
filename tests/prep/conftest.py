"""Property tests without a clock: a busy machine is no defect."""

from hypothesis import settings

settings.register_profile("nextocc", deadline=None)
settings.load_profile("nextocc")
