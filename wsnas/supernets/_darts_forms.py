"""What the operations of DARTS are made of."""

from __future__ import annotations

from typing import NamedTuple

from wsnas.spaces.darts import AVG_POOL, DIL_CONV_3X3, DIL_CONV_5X5, MAX_POOL, SEP_CONV_3X3, SEP_CONV_5X5

POOLS = (MAX_POOL, AVG_POOL)


class Form(NamedTuple):
    """A convolution: steps of ReLU, depthwise and pointwise convolution, and batch norm."""

    kernel: int
    dilation: int
    steps: int
    """A stride applies to the first of them."""


FORMS = {
    SEP_CONV_3X3: Form(3, dilation=1, steps=2),
    SEP_CONV_5X5: Form(5, dilation=1, steps=2),
    DIL_CONV_3X3: Form(3, dilation=2, steps=1),
    DIL_CONV_5X5: Form(5, dilation=2, steps=1),
}
"""The other operations are pooling and the skip, which is a halving layer where the stride is 2."""


def reads_even_pixels(stride: int, dilation: int) -> bool:
    """Return whether a convolution skips all odd pixels, so that it is a plain one of the even pixels.

    That is computed several times faster.
    """
    return stride == dilation == 2
