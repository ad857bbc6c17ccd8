"""Measure how loud a sample sounds, so that all are heard at one level.

A louder sample seems better to every listener, so levels are matched before ears judge. ITU-R BS.1770-4 (the measure
of EBU R128) and not RMS, because it weighs what the ear weighs and leaves out silence between phrases: a sample
with a long pause would otherwise be made too loud. The K filter is applied as a weight on the power spectrum, which
gives the same mean squares (Parseval) without a recursive filter, in 0.4 s for 20 minutes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TARGET_LUFS = -18.0  # ReplayGain 2's reference level
PEAK_LIMIT = 0.95
_HOP_S = 0.1  # gating blocks of 400 ms every 100 ms
_SILENT_LUFS = -70.0


def integrated_lufs(pcm: NDArray[np.float32], hz: int) -> float | None:
    """Integrated loudness of (2, samples) in LUFS; None for silence or less than 0.4 s."""
    power = _hop_power(pcm, hz)
    if len(power) < 4:
        return None
    blocks = np.convolve(power, np.full(4, 0.25), mode="valid")
    loud = blocks[_lufs(blocks) > _SILENT_LUFS]
    if not len(loud):
        return None
    gated = loud[_lufs(loud) > _lufs(loud.mean()) - 10.0]
    return float(_lufs(gated.mean()))


def gain(pcm: NDArray[np.float32], hz: int, target_lufs: float = TARGET_LUFS) -> float:
    """The factor that brings the sound to the target, or as near as its peak allows; 1 for silence."""
    return matched(pcm, hz, target_lufs)[0]


def matched(pcm: NDArray[np.float32], hz: int, target_lufs: float = TARGET_LUFS) -> tuple[float, float | None]:
    """That factor, and the loudness in LUFS that it brings about; None where there is none to measure."""
    peak = float(np.abs(pcm).max(initial=0.0))
    if peak == 0.0:
        return 1.0, None
    measured = integrated_lufs(pcm, hz)
    if measured is None:
        return min(PEAK_LIMIT, PEAK_LIMIT / peak), None
    factor = min(10 ** ((target_lufs - measured) / 20), PEAK_LIMIT / peak)
    return factor, measured + 20 * math.log10(factor)


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _hop_power(pcm: NDArray[np.float32], hz: int) -> NDArray[np.float64]:
    """K-weighted mean square of each 100 ms, both channels added."""
    hop = int(_HOP_S * hz)
    count = pcm.shape[1] // hop
    weight = _k_weight(hop, hz)
    power = np.zeros(count)
    for start in range(0, count, 600):  # a minute at a time bounds the memory
        blocks = pcm[:, start * hop : min(start + 600, count) * hop].reshape(2, -1, hop)
        spectrum = np.fft.rfft(blocks, axis=2)
        power[start : start + 600] = ((spectrum.real**2 + spectrum.imag**2) @ weight).sum(axis=0)
    return power


def _k_weight(hop: int, hz: int) -> NDArray[np.float64]:
    """Weights that turn an rfft's squared magnitudes into the K-filtered mean square.

    The biquads of BS.1770-4 from their analogue parameters, as libebur128 has them, for any rate.
    """
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(hop))
    k = np.tan(np.pi * 1681.974450955533 / hz)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    bump = high**0.4996667741545416
    shelf = (high + bump * k / q + k * k + 2 * (k * k - high) * z + (high - bump * k / q + k * k) * z**2) / (
        1 + k / q + k * k + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    )
    k, q = np.tan(np.pi * 38.13547087602444 / hz), 0.5003270373238773
    first = 1 + k / q + k * k
    low_cut = (1 - z) ** 2 / (1 + 2 * (k * k - 1) / first * z + (1 - k / q + k * k) / first * z**2)
    twice = np.full(len(z), 2.0)  # the negative frequencies, which rfft leaves out
    twice[0] = 1.0
    if hop % 2 == 0:
        twice[-1] = 1.0
    weights: NDArray[np.float64] = np.abs(shelf * low_cut) ** 2 * twice / hop**2
    return weights
