"""Check a recorded run with the monitor's own detectors, faster than they can look at every value.

Most values change no detector's mind. Where all of them are calm, numpy calculates for a thousand rows at once what
each would compare, finds the rows at which one of them may speak or do what is rare, and sets the detectors to the
state in which they would have arrived there; those rows, and all others until calm returns, go through
Monitor.update() as they do while a run trains. So the alerts are the same to the last digit. The modules here know
the detectors of musiclog.anomaly from inside (which must stay without numpy, because training imports it); what one
changes there must be changed here, and the tests that compare both tell where it was forgotten.
"""

from .sweep import Sweep

__all__ = ["Sweep"]
