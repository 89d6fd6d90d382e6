/** Element-wise kernels on tensors that convolutions leave in the CPU's blocked layout, against tfjs's cpu kernels. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { describe, it } from "vitest"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"

const convolve = (x: Tensor, filter: Tensor): Tensor =>
  tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, "same")

const convolved = (seed: number): Tensor =>
  convolve(random([2, 6, 5, 16], seed), random([3, 3, 16, 16], seed + 1))

describe("in the blocked layout", () => {
  it("comparisons and choices keep their places", () => {
    assertSameOnBoth(() => {
      const x = convolved(1)
      const y = convolved(3)
      const above = tf.greater(x, 0.25)
      return [
        above,
        tf.where(above, x, y),
        tf.logicalAnd(above, tf.less(x, y)),
        tf.where(above, y, tf.scalar(1)),
        tf.isNaN(x),
        tf.logicalNot(above)
      ]
    }, 1e-4)
  })

  it("so do numbers of other types", () => {
    assertSameOnBoth(() => {
      const x = convolved(1).mul(100)
      // Far from where rounding decides.
      const whole = x.greater(0).toInt().mul(tf.scalar(7, "int32"))
      const alternating = tf.tensor(
        Array.from({ length: 960 }, (_, at) => at % 2),
        [2, 6, 5, 16],
        "bool"
      )
      return [
        whole.floorDiv(tf.scalar(3, "int32")),
        whole.toFloat().add(x),
        tf.logicalOr(tf.greater(x, 0), alternating),
        tf.relu6(x).add(alternating.toFloat()),
        x.greater(50).any([1, 2]),
        whole.sum([1, 2]),
        x.greater(0).sum([1, 2])
      ]
    }, 1e-4)
  })

  it("so do sums of all axes and of some", () => {
    assertSameOnBoth(() => {
      const x = convolved(1)
      const axes = [[], [0], [3], [1, 2], [0, 1, 2], [0, 3], [0, 1, 2, 3]]
      return axes.flatMap((axis) => [
        x.sum(axis),
        x.max(axis, true),
        x.min(axis),
        x.mul(0.1).prod(axis),
        x.mean(axis)
      ])
    }, 1e-4)
  })

  it("and activations with their gradients", () => {
    const activations = [tf.relu, tf.elu, tf.selu, tf.leakyRelu, tf.softplus, tf.relu6]
    assertSameOnBoth(
      () =>
        activations.flatMap((activation) =>
          tf.grads((x, w) => activation(convolve(x, w)).square().mean())([
            random([2, 6, 5, 16], 1),
            random([3, 3, 16, 16], 2)
          ])
        ),
      1e-4
    )
    assertSameOnBoth(
      () =>
        tf.grads((x, alpha) => tf.prelu(x, alpha).square().mean())([convolved(1), random([16], 9)]),
      1e-4
    )
  })
})
