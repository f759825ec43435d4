"""The faces that are enrolled and searched for: drawn so that every score is known beforehand."""


import numpy as np
from keep_model import Look

from facekeep.vault import wire

CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 32)
LOOKS = [
    Look(0.93, 0), Look(0.84, 0), Look(0.75, 0.57), Look(0.66, 0.66), Look(0.57, 0.75), Look(0, 0.84), Look(0, 0.93),
]  # fmt: skip
PROBES = ("a0", "a1", "a2", "b0", "b1", "b2")  # three photos of each of the two people who are looked for

def template_of(look: Look, number: int) -> np.ndarray:
    """A face as alike to the two people as `look` says, and not at all to another face of another number."""
    vector = np.zeros(32, np.float32)
    vector[0], vector[1], vector[2 + number % 20] = look.first, look.second, np.sqrt(1 - look.first**2 - look.second**2)
    return vector


def probe_of(name: str) -> np.ndarray:
    vector = np.zeros(32, np.float32)
    vector["ab".index(name[0])], vector[22 + PROBES.index(name)] = 0.99, np.sqrt(1 - 0.99**2)
    return vector
