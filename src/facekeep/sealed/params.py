"""Named parameter sets of the sealed index. A set below 128 bits of security cannot be made.

The scheme's constants are not settings: a block names its set, and whoever opens it uses exactly that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType

from facekeep.errors import BadInput, Code

# Largest modulus, in bits, at 128-bit classical security for a ternary secret and an error of standard deviation 3.2
# or more. Source: HomomorphicEncryption.org security standard (2018), table 1.
_LARGEST_MODULUS_BITS = {1024: 27, 2048: 54, 4096: 109}
_SMALLEST_ERROR_DEVIATION = 3.2
_UNIFORMS_AN_ERROR = 3


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Every constant of the scheme under one name.

    Attributes
    ----------
    degree : N, the degree of the ring and the number of slots in a block.
    modulus_bits : log2 q.
    probe_norm : Euclidean length of a quantized probe.
    gain : SG, what a template is multiplied by before it is sealed.
    error_bits : width of each of the three centered uniforms that sum to one error.
    max_dimension : the largest D for which no honest score can wrap.

    Raises
    ------
    BadInput
        `invalid_setting`: the set has less than 128 bits of security, or an honest score could wrap.

    Guarantees
    ----------
    A duplicate of any enrolled template scores without wrapping modulo q, for every D up to `max_dimension`.
    """

    name: str
    degree: int
    modulus_bits: int
    probe_norm: int
    gain: int
    error_bits: int
    max_dimension: int

    def __post_init__(self) -> None:
        allowed_bits = _LARGEST_MODULUS_BITS.get(self.degree, 0)
        if self.modulus_bits > allowed_bits or self.error_deviation < _SMALLEST_ERROR_DEVIATION:
            raise BadInput(Code.INVALID_SETTING, f"parameter set {self.name} has less than 128 bits of security")
        worst = self.largest_sum(self.probe_norm, self.probe_norm * sqrt(self.max_dimension), self.max_dimension)
        if worst >= 2 ** (self.modulus_bits - 1):
            raise BadInput(Code.INVALID_SETTING, f"parameter set {self.name} lets an honest score wrap")

    @property
    def error_deviation(self) -> float:
        """Standard deviation of one error."""
        return float(2**self.error_bits) * sqrt(_UNIFORMS_AN_ERROR / 12)

    @property
    def largest_error(self) -> int:
        """No error is larger than this in absolute value."""
        return int(_UNIFORMS_AN_ERROR * 2 ** (self.error_bits - 1))

    @property
    def score_unit(self) -> int:
        """A score of 1.0 as an integer modulo q."""
        return self.gain * self.probe_norm

    def largest_sum(self, norm: float, norm_1: float, dimension: int) -> float:
        """Bound of |sum_i p_i (m_i + e_i + r_i)| over unit templates, for a probe of these norms.

        |m| <= gain + sqrt(D)/2 by rounding; |e_i| <= `largest_error`; |r_i| <= 2^15 is what storing 16 bits drops.
        """
        dropped = float(2 ** (self.modulus_bits - 17))
        return norm * (self.gain + sqrt(dimension) / 2) + norm_1 * (dropped + self.largest_error)


RLWE_2048_32 = ParameterSet(
    name="rlwe-2048-32-v1",
    degree=2048,
    modulus_bits=32,
    probe_norm=180,
    gain=10_737_418,  # floor(0.90 * 2^31 / 180)
    error_bits=13,
    max_dimension=512,
)
"""Core-SVP 2^308 classical, 2^293 quantum by the lattice estimator; standard deviation of a cosine 0.00244."""

PARAMETER_SETS: Mapping[str, ParameterSet] = MappingProxyType({RLWE_2048_32.name: RLWE_2048_32})
"""Every set that a block may name."""


def parameters(name: str) -> ParameterSet:
    """The parameter set called `name`.

    Raises
    ------
    BadInput
        `invalid_setting`: there is no such set.
    """
    if name not in PARAMETER_SETS:
        raise BadInput(Code.INVALID_SETTING, "unknown parameter set of the sealed index")
    return PARAMETER_SETS[name]
