"""A synthetic survey with known truth, for trying and testing the program.

``stars`` make ``populations``, these and ``nebular`` light make the ``light`` of ``objects``, which the
``spectrograph`` turns into the ``survey``.
"""

from .survey import demo_observations

__all__ = ["demo_observations"]
