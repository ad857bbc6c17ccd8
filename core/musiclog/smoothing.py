"""Smooth a curve that grows: exponential, Gaussian or running mean, each point paid for once.

Every smoother takes the next values with take(), which returns the rows that are settled by them, and keeps what a
live curve needs to go on. Exponential smoothing looks back only, so every row is settled at once. The other two look
both ways: their newest rows still change and are told by tail(), to be drawn after the settled ones and replaced.

Values that are not finite are left out: there the result is NaN, and the others are smoothed as if the row were
empty (it still takes its place in a window). Nothing is subtracted from a running sum, so a single 1e30 does no harm
to the rows beyond its window.
"""

from __future__ import annotations

import math
from typing import Final, Literal, Protocol

import numpy as np

from .records import Floats

Kind = Literal["exponential", "gaussian", "running mean"]

# Rows that are smoothed together: they fit a processor's cache, which is four times faster than all at once.
_TOGETHER: Final = 1 << 14
# What is less than this share of a sum is lost in its rounding.
_LEAST_SHARE: Final = 1e-18
# Where a Gaussian is cut off, in standard deviations: what lies beyond has 6e-5 of its weight.
_REACH: Final = 4.0
# Taps up to which a direct convolution beats a Fourier transform.
_DIRECT: Final = 256
# A transform errs by 1e-16 of the largest value; where that may be seen, the direct way is taken.
_LARGEST_RATIO: Final = 1e6


class Smoother(Protocol):
    """What the three have in common. rows: how many were taken; the settled ones are rows - len(tail())."""

    def take(self, values: Floats, x: Floats | None = None) -> Floats:
        """The rows that the next values (at x, which must not fall) settle."""
        ...

    def tail(self) -> Floats:
        """The newest rows as they look now; later values may change them."""
        ...


def smoother(kind: Kind, amount: float, x_unit: float | None = None) -> Smoother:
    """A smoother by its name. amount: the factor of the exponential one, else the rows on each side (its sigma)."""
    if kind == "exponential":
        return Exponential(amount, x_unit)
    return Gaussian(amount) if kind == "gaussian" else RunningMean(round(amount))


def smoothed(values: Floats, kind: Kind, amount: float, x: Floats | None = None, x_unit: float | None = None) -> Floats:
    """A whole curve at once."""
    one = smoother(kind, amount, x_unit)
    return np.concatenate((one.take(values, x), one.tail()))


class Exponential:
    """Mean of all values so far, weighted by factor to the power of their age; exactly 1 for a constant 1 of any start.

    Without x_unit the age is counted in rows: y[n] = f y[n-1] + (1 - f) v[n], divided by 1 - f**n (Kingma & Ba, Adam,
    ICLR 2015, section 3). With x_unit it is the distance in x in these units, and a value weighs what fades while it
    is waited for, so that points logged twice as densely do not weigh twice as much as the rest; of several at one x
    the first counts. On even x with its distance as unit both are the same. Source: Eckner, Algorithms for unevenly
    spaced time series, 2012, the moving average "next".
    """

    def __init__(self, factor: float, x_unit: float | None = None) -> None:
        if not 0 <= factor < 1:
            raise ValueError(f"a smoothing factor is at least 0 and less than 1, not {factor}")
        if x_unit is not None and not x_unit > 0:
            raise ValueError(f"a unit of x is more than 0, not {x_unit}")
        self.factor, self.x_unit = factor, x_unit
        self._sum = 0.0
        self._faded = 0.0  # logarithm of what is left of a value before the first
        self._x: float | None = None  # of the newest value that counts

    def take(self, values: Floats, x: Floats | None = None) -> Floats:
        if self.x_unit is not None and x is None:
            raise ValueError("smoothing by distance needs x")
        finite = np.isfinite(values) if x is None else np.isfinite(values) & np.isfinite(x)
        if self.factor == 0:
            return np.where(finite, values, np.nan)
        whole = bool(finite.all())
        kept = values if whole else values[finite]
        ages = np.ones(len(kept)) if x is None or self.x_unit is None else self._ages(x if whole else x[finite])
        smooth = np.empty(len(kept))
        for start in range(0, len(kept), _TOGETHER):
            part = slice(start, start + _TOGETHER)
            smooth[part] = self._block(kept[part], ages[part])
        if whole:
            return smooth
        result = np.full(len(values), np.nan)
        result[finite] = smooth
        return result

    def tail(self) -> Floats:
        return np.empty(0)

    def _ages(self, x: Floats) -> Floats:
        """How much x, in units, lies between each value and the one before; the first one has waited for one unit."""
        assert self.x_unit is not None
        if not len(x):
            return x
        ages: Floats = np.maximum(np.diff(x, prepend=x[0] if self._x is None else self._x), 0.0) / self.x_unit
        if self._x is None:
            ages[0] = 1.0
        self._x = float(x[-1])
        return ages

    def _block(self, values: Floats, ages: Floats) -> Floats:
        logs = math.log(self.factor) * ages
        fade, sums = np.exp(logs), values * -np.expm1(logs)
        sums[0] += fade[0] * self._sum
        _carry(fade, sums)
        # All weights so far add up to what has faded since before the first value.
        faded = self._faded + np.cumsum(logs)
        self._sum, self._faded = float(sums[-1]), float(faded[-1])
        result: Floats = sums / -np.expm1(faded)
        return result


class _Window:
    """A smoother whose rows depend on reach rows on each side, fewer at the ends."""

    def __init__(self, reach: int) -> None:
        self.reach = reach
        self._recent = np.empty(0)  # what rows to come still depend on
        self._settled = 0  # rows of it that are settled: at most reach, and fewer only at the start of the curve

    def take(self, values: Floats, x: Floats | None = None) -> Floats:  # noqa: ARG002 - rows count here, not x
        rows = np.concatenate((self._recent, values))
        settled = max(len(rows) - self.reach, self._settled)
        result = self._smooth(rows)[self._settled : settled]
        dropped = max(settled - self.reach, 0)
        self._recent, self._settled = rows[dropped:].copy(), settled - dropped
        return result

    def tail(self) -> Floats:
        return self._smooth(self._recent)[self._settled :]

    def _smooth(self, rows: Floats) -> Floats:
        """Weighted sum of the finite values in each window by the sum of their weights."""
        finite = np.isfinite(rows)
        if not finite.any():
            return np.full(len(rows), np.nan)
        sums, weights = self._sums(np.where(finite, rows, 0.0)), self._sums(finite.astype(np.float64))
        result = np.full(len(rows), np.nan)
        np.divide(sums, weights, out=result, where=finite)
        return result

    def _sums(self, rows: Floats) -> Floats:
        raise NotImplementedError


class RunningMean(_Window):
    """Mean of the finite values of up to reach rows on each side and the row itself."""

    def __init__(self, reach: int) -> None:
        if reach < 0:
            raise ValueError(f"a running mean reaches 0 rows or more to each side, not {reach}")
        super().__init__(reach)

    def _sums(self, rows: Floats) -> Floats:
        """Each window is the end of one block and the beginning of the next, as wide as it is itself.

        Source: van Herk, Pattern Recognition Letters 1992, with sums in place of extremes.
        """
        width = 2 * self.reach + 1
        padded = np.zeros((len(rows) + 2 * self.reach + width - 1) // width * width)
        padded[self.reach : self.reach + len(rows)] = rows
        blocks = padded.reshape(-1, width)
        to_end = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1].ravel()[: len(rows)]
        from_start = np.cumsum(blocks, axis=1).ravel()[width - 1 :][: len(rows)]
        result: Floats = to_end + from_start
        result[::width] = to_end[::width]  # these windows are whole blocks
        return result


class Gaussian(_Window):
    """Mean of the finite values around, weighted by a Gaussian of their distance in rows; sigma in rows."""

    def __init__(self, sigma: float) -> None:
        if not sigma >= 0:
            raise ValueError(f"a Gaussian is 0 rows wide or more, not {sigma}")
        super().__init__(math.ceil(_REACH * sigma))
        self.sigma = sigma
        distance = np.arange(-self.reach, self.reach + 1) / (sigma or 1.0)
        self._kernel: Floats = np.exp(-0.5 * distance**2)

    def _sums(self, rows: Floats) -> Floats:
        if len(self._kernel) <= _DIRECT or len(rows) <= _DIRECT:
            return _direct(rows, self._kernel)
        out = np.empty(len(rows))
        block = 4 * len(self._kernel)
        for start in range(0, len(rows), block):
            low, high = max(start - self.reach, 0), min(start + block + self.reach, len(rows))
            part = rows[low:high]
            way = _transformed if _is_tame(part) else _direct
            out[start : start + block] = way(part, self._kernel)[start - low :][:block]
        return out


def _carry(fade: Floats, values: Floats) -> None:
    """y[i] = fade[i] y[i-1] + v[i], in place of the values, in log2(rows) passes over all rows.

    After k passes each row holds the sum of 2**k rows; when the weight of what is left is nothing, it is done.
    Source: Hillis & Steele, Data Parallel Algorithms, CACM 1986. fade is used up.
    """
    fade[:1] = 0.0
    reach = 1
    while reach < len(fade) and fade.max() > _LEAST_SHARE:
        values[reach:] += fade[reach:] * values[:-reach]
        fade[reach:] = fade[reach:] * fade[:-reach]
        fade[:reach] = 0.0
        reach *= 2


def _direct(rows: Floats, kernel: Floats) -> Floats:
    """The middle len(rows) of the convolution; the kernel may be the longer one."""
    reach = len(kernel) // 2
    result: Floats = np.convolve(rows, kernel)[reach : reach + len(rows)]
    return result


def _transformed(rows: Floats, kernel: Floats) -> Floats:
    reach, size = len(kernel) // 2, len(rows) + len(kernel) - 1
    padded = 1 << (size - 1).bit_length()
    product = np.fft.rfft(rows, padded) * np.fft.rfft(kernel, padded)
    result: Floats = np.fft.irfft(product, padded)[reach : reach + len(rows)]
    return result


def _is_tame(rows: Floats) -> bool:
    size = np.abs(rows)
    some = size[size > 0]
    return len(some) == 0 or bool(some.max() <= _LARGEST_RATIO * np.median(some))
