"""Every random number: a hash of what it is for, never the state of a generator.

A draw depends on (seed, identity of the request, step, attempt) and on nothing else, so the same customer meets the
same demands in every plane, candidate, scale and order of events. Identities and hashes are int64 bit patterns; inside
a rule they are uint64.

The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014, section 4), applied to the sum of one value and a multiple of the other.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from fvcapacity.semantics.jit import njit

CONSTANT, EXPONENTIAL, LOGNORMAL, UNIFORM, RECORDED = range(5)
DISTRIBUTIONS = {
    "constant": CONSTANT,
    "exponential": EXPONENTIAL,
    "lognormal": LOGNORMAL,
    "uniform": UNIFORM,
    "recorded": RECORDED,
}

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TWO_53 = 1.0 / 9007199254740992.0
_NUMBER_BITS = 0xFFFFFFFF


@njit
def mix(a: int, b: int) -> int:
    """Return a hash of two int64 bit patterns; ``mix(a, b) != mix(b, a)`` in general."""
    z = np.uint64(a) * _GOLDEN + np.uint64(b)
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    z = (z + _GOLDEN) ^ (np.uint64(a) << np.uint64(1))
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return np.int64(z ^ (z >> _S31))  # type: ignore[return-value]


@njit
def unit(h: int) -> float:
    """Return a number strictly between 0 and 1 from a hash (53 bits, middle of their cell)."""
    return (float(np.uint64(h) >> _S11) + 0.5) * _TWO_53


def stable_hash(text: str) -> int:
    """Return an int64 that stands for a name, the same on every machine and in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little", signed=True)


def container_identity(seed: int, pod: str, restart: int) -> int:
    """Return who a run of a pod's container is: the same in every run with this seed."""
    return mix(mix(seed, stable_hash(pod)), restart)


@njit
def recorded_identity(stream: int, number: int) -> int:
    """Return the identity of a recorded request: the upper half tells the stream, the lower half is its number."""
    return (stream & ~_NUMBER_BITS) | number


@njit
def recorded_row(identity: int, rows: int) -> int:
    """Return which row of a record a request replays: its own number, around and around.

    A request that was not recorded has a hash for an identity, and so replays a row at random: the same one at every
    operation, so that what was recorded together stays together.
    """
    return (identity & _NUMBER_BITS) % rows


@njit
def _polynomial(
    x: float, c0: float, c1: float, c2: float, c3: float, c4: float, c5: float, c6: float, c7: float
) -> float:
    """Return ``c0 + c1 x + ... + c7 x^7`` by Estrin's scheme: its products do not wait for each other."""
    x2 = x * x
    low, high = (c0 + c1 * x) + (c2 + c3 * x) * x2, (c4 + c5 * x) + (c6 + c7 * x) * x2
    return low + high * (x2 * x2)


@njit
def normal_quantile(u: float) -> float:
    """Return the standard normal quantile, accurate to about 1e-16 (Wichura 1988, algorithm AS 241, PPND16)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        numerator = _polynomial(
            r,
            3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
            45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
        )  # fmt: skip
        denominator = _polynomial(
            r,
            1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077,
            21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
        )  # fmt: skip
        return q * numerator / denominator
    r = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        numerator = _polynomial(
            r,
            1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
            1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
        )  # fmt: skip
        denominator = _polynomial(
            r,
            1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
            0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
        )  # fmt: skip
    else:
        r -= 5.0
        numerator = _polynomial(
            r,
            6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
            0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
        )  # fmt: skip
        denominator = _polynomial(
            r,
            1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
            7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
        )  # fmt: skip
    x = numerator / denominator
    return -x if q < 0.0 else x


@njit
def draw_duration(kind: int, mean_ns: float, sigma: float, h: int) -> int:
    """Return a random duration in nanoseconds, at least 1 unless the mean is 0.

    Parameters
    ----------
    kind
        One of ``DISTRIBUTIONS`` but ``RECORDED``.
    mean_ns
        Mean of the distribution.
    sigma
        Standard deviation of the logarithm (lognormal only): ``sqrt(log(1 + cv^2))``.
    h
        Hash of the draw.

    Notes
    -----
    Inverse transform of one uniform, so that a draw is monotone in its hash's ``unit``.
    """
    if mean_ns <= 0.0:
        return 0
    if kind == CONSTANT:
        value = mean_ns
    elif kind == EXPONENTIAL:
        value = -mean_ns * math.log(1.0 - unit(h))
    elif kind == LOGNORMAL:
        value = mean_ns * math.exp(sigma * normal_quantile(unit(h)) - 0.5 * sigma * sigma)
    else:
        value = 2.0 * mean_ns * unit(h)
    return max(1, math.ceil(value))
