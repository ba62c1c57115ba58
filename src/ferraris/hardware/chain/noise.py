"""Counter-based noise: what is drawn depends on the seed, the stream and the place in time, never on the call.

Philox (Salmon et al., SC11) with the seed and the stream as key and the block as counter: the same block gives the same
numbers whoever asks first, so a run may be cut anywhere.
"""

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

SAMPLES_STREAM = 0x5A4D504C
CELLS_STREAM = 0x43454C4C
PAGE = 64
MASK = 0xFFFF_FFFF_FFFF_FFFF


def block_noise(seed: int, block: int, ticks: int, channels: int) -> NDArray[np.float32]:
    """Standard normal noise of one whole block of samples, shape (ticks, channels).

    Single precision: its steps are 1e-7 of a sigma, far under the quantisation that follows.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed & MASK, SAMPLES_STREAM], counter=[0, 0, 0, block]))
    return generator.standard_normal((ticks, channels), dtype=np.float32)


def gaussian_cells(seed: int, first: int, last: int, elements: int) -> Floats:
    """Standard normal numbers for the cells [first, last), shape (last - first, elements)."""
    pages = range(first // PAGE, -(-last // PAGE))
    if last <= first:
        return np.zeros((0, elements))
    found = [_page(seed, page, elements) for page in pages]
    drawn = np.concatenate(found) if len(found) > 1 else found[0]
    return drawn[first - pages.start * PAGE : last - pages.start * PAGE]


@lru_cache(maxsize=16)
def _page(seed: int, page: int, elements: int) -> Floats:
    """Cells are drawn a page at a time: a year has three million of them."""
    generator = np.random.Generator(np.random.Philox(key=[seed & MASK, CELLS_STREAM], counter=[0, 0, 0, page]))
    return generator.standard_normal((PAGE, elements))
