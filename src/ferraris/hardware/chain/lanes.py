"""Eight modulators in the lanes of one vector: the inner loop of the converter, written as vector instructions.

One modulator step depends on the one before, so a single channel is bound by the latency of four additions, and eight
channels side by side cost the same time. Compilers do not find that by themselves in a scalar loop, so the instructions
are put down here; the compiler then maps them to whatever vectors the processor has. What they mean is said in plain
arithmetic in `modulator.convert_plain`, operation by operation, and tests hold the two together to the last bit.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 8
"""Channels converted together; what is not used stays at zero."""

ORDER = 3
"""Order of the sinc decimator: one more than that of the modulator, so that its noise stays out of the band."""

DOUBLE, LONG, INT = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
DOUBLES, LONGS, INTS = (ir.VectorType(kind, LANES) for kind in (DOUBLE, LONG, INT))


@intrinsic  # type: ignore[misc,unused-ignore]
def cell(_context: Any, _integrators: Any, _sums: Any, _knots: Any, _steps: Any, _h: Any) -> Any:  # noqa: ANN401
    """Run `steps` = 1/h modulator steps from the second to the third of four knots, for all lanes at once.

    Addresses: integrators (2, LANES) doubles, sums (ORDER, LANES) int32, knots (4, LANES) doubles; the first two are
    read and written.
    """
    return types.void(types.intp, types.intp, types.intp, types.int64, types.float64), _generate


def _generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
    """The loop: load what is carried, turn it round `steps` times in registers, store it."""
    integrators, sums, knots, steps, h = arguments
    *start, third = _differences(builder, [_load(builder, knots, k, DOUBLES) for k in range(4)], h)
    carried = [_load(builder, integrators, k, DOUBLES) for k in range(2)]
    carried += [_load(builder, sums, k, INTS) for k in range(ORDER)]
    carried += start
    before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
    builder.branch(loop)
    builder.position_at_end(loop)
    count = builder.phi(LONG)
    variables = [builder.phi(value.type) for value in carried]
    following = _step(builder, variables, third)
    next_count = builder.add(count, ir.Constant(LONG, 1))
    entering, turning = [ir.Constant(LONG, 0), *carried], [next_count, *following]
    for variable, first, value in zip([count, *variables], entering, turning, strict=True):
        variable.add_incoming(first, before)
        variable.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", next_count, steps), loop, after)
    builder.position_at_end(after)
    for row in range(2):
        _store(builder, following[row], integrators, row)
    for row in range(ORDER):
        _store(builder, following[2 + row], sums, row)
    return context.get_dummy_value()


def _step(builder: Any, variables: list[Any], third: Any) -> list[Any]:  # noqa: ANN401
    """One step of modulator, sums and input."""
    v1, v2, once, twice, thrice, u, first, second = variables
    negative = builder.icmp_signed("<", builder.bitcast(v2, LONGS), _all(0, LONG))
    once = builder.add(once, builder.sext(negative, INTS))
    twice = builder.add(twice, once)
    return [
        builder.fsub(builder.fadd(v1, u), _with_sign_of(builder, v2, 0.25)),
        builder.fsub(builder.fadd(v2, v1), _with_sign_of(builder, v2, 0.5)),
        once,
        twice,
        builder.add(thrice, twice),
        builder.fadd(u, first),
        builder.fadd(first, second),
        builder.fadd(second, third),
    ]


def _differences(builder: Any, knots: list[Any], h: Any) -> list[Any]:  # noqa: ANN401
    """Value and forward differences of the cubic through four knots; the arithmetic of `modulator.differences`."""
    add, sub, mul = builder.fadd, builder.fsub, builder.fmul
    a, b, d, e = knots
    third, half, sixth = (_all(x, DOUBLE) for x in (1.0 / 3.0, 0.5, 1.0 / 6.0))
    slope = sub(sub(sub(d, mul(a, third)), mul(b, half)), mul(e, sixth))
    square = add(sub(a, add(b, b)), d)
    cube = add(sub(e, a), mul(sub(b, d), _all(3.0, DOUBLE)))
    hh = mul(h, h)
    slope = mul(slope, _spread(builder, h))
    square = mul(square, _spread(builder, mul(hh, ir.Constant(DOUBLE, 0.5))))
    cube = mul(cube, _spread(builder, mul(mul(hh, h), ir.Constant(DOUBLE, 1.0 / 6.0))))
    six = mul(cube, _all(6.0, DOUBLE))
    return [b, add(add(slope, square), cube), add(add(square, square), six), six]


def _all(value: float, kind: ir.Type) -> ir.Constant:
    return ir.Constant(ir.VectorType(kind, LANES), [value] * LANES)


def _spread(builder: Any, number: Any) -> Any:  # noqa: ANN401
    one = builder.insert_element(ir.Constant(DOUBLES, ir.Undefined), number, ir.Constant(INT, 0))
    return builder.shuffle_vector(one, one, _all(0, INT))


def _with_sign_of(builder: Any, number: Any, size: float) -> Any:  # noqa: ANN401
    """`size` with the sign bit of each lane."""
    sign = builder.and_(builder.bitcast(number, LONGS), _all(-(2**63), LONG))
    bits = _all(int(np.float64(size).view(np.int64)), LONG)
    return builder.bitcast(builder.or_(sign, bits), DOUBLES)


def _place(builder: Any, address: Any, row: int, kind: ir.Type) -> Any:  # noqa: ANN401
    return builder.gep(builder.inttoptr(address, kind.as_pointer()), [ir.Constant(LONG, row)])


def _load(builder: Any, address: Any, row: int, kind: ir.Type) -> Any:  # noqa: ANN401
    value = builder.load(_place(builder, address, row, kind))
    value.align = 4
    return value


def _store(builder: Any, value: Any, address: Any, row: int) -> None:  # noqa: ANN401
    builder.store(value, _place(builder, address, row, value.type)).align = 4
