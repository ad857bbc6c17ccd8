"""Put runs beside each other: what they came to, what differs beyond chance, and which settings did it."""

from ..config_diff import MISSING, Difference, differences, flatten
from .alignment import Alignment, By
from .association import Association
from .comparison import Comparison, compare, row_of, table_of
from .contrast import Contrast
from .direction import Direction, direction
from .enough import Enough
from .estimate import Estimate
from .frame import Column, Frame, frame_of
from .groups import RunGroup
from .influence import Dependence, Influence, Influences
from .insights import Insight
from .settings import Confounded, Setting
from .several import Omnibus, Ranks
from .study import Study, study
from .table import Row, Table
from .values import MetricValues, metric_values

__all__ = [
    "MISSING", "Alignment", "Association", "By", "Column", "Comparison", "Confounded", "Contrast", "Dependence",
    "Difference", "Direction", "Enough", "Estimate", "Frame", "Influence", "Influences", "Insight", "MetricValues",
    "Omnibus", "Ranks", "Row", "RunGroup", "Setting", "Study", "Table", "compare", "differences", "direction",
    "flatten", "frame_of", "metric_values", "row_of", "study", "table_of",
]  # fmt: skip
