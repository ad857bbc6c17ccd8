"""Put runs beside each other: final and best values, and what their configurations differ in."""

from .comparison import Comparison, compare, row_of, table_of
from .config_diff import MISSING, Difference, differences, flatten
from .direction import Direction, direction
from .table import Row, Table, Which
from .values import MetricValues, metric_values

__all__ = [
    "MISSING",
    "Comparison",
    "Difference",
    "Direction",
    "MetricValues",
    "Row",
    "Table",
    "Which",
    "compare",
    "differences",
    "direction",
    "flatten",
    "metric_values",
    "row_of",
    "table_of",
]
