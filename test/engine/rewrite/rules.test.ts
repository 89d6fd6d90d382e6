/** Where each peephole fires and where it must not, and that its results stay what they are on tfjs's cpu backend. */
import { afterEach, assert, describe, it } from "vitest"
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { Recorder } from "#src/engine/graph/recorder.ts"
import { programOf } from "#src/engine/graph/program.ts"
import { Value } from "#src/engine/graph/value.ts"
import { primitive } from "#src/engine/kernels/table.ts"
import { type Rule, rewrite } from "#src/engine/rewrite/rewrite.ts"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"
import { rewrittenNodes, rewrittenOps } from "./ops.ts"

/** Tensors from outside of a program: its leaves. */
const leaves: Array<Tensor> = []
const leaf = (shape: ReadonlyArray<number>, seed: number): Tensor => {
  void tf.setBackend("onnx")
  const tensor = random(shape, seed)
  leaves.push(tensor)
  return tensor
}
const image = (seed = 1): Tensor4D => leaf([2, 4, 5, 16], seed) as Tensor4D
const perChannel = (seed = 2): Tensor => leaf([16], seed)
const perImage = (seed = 3): Tensor => leaf([2, 1, 1, 16], seed)
const filter = (seed = 4): Tensor4D => leaf([3, 3, 16, 16], seed) as Tensor4D
afterEach(() => {
  tf.dispose(leaves.splice(0))
})

/** Asserts that a program ends in these operators, and what it computes. */
const becomes = (ops: ReadonlyArray<string>, body: () => Tensor | Array<Tensor>): void => {
  assert.deepStrictEqual(rewrittenOps(body), ops)
  assertSameOnBoth(() => tf.tidy(body))
}

describe("reshapes", () => {
  it("are joined, and go where they change nothing", () => {
    const x = image()
    becomes(["Reshape"], () => x.reshape([2, 20, 16]).reshape([40, 16]))
    becomes([], () => x.reshape([-1]).reshape([8, 5, 16]).reshape(x.shape))
  })
  it("stay where something happens in between", () => {
    const x = image()
    becomes(["Reshape", "Tanh", "Reshape"], () => x.reshape([40, 16]).tanh().reshape(x.shape))
  })
  it("stay where the one in between is wanted", () => {
    const x = image()
    becomes(["Reshape", "Reshape"], () => {
      const flat = x.reshape([40, 16])
      return [flat, flat.reshape([20, 32])]
    })
  })
})

describe("transpositions", () => {
  it("are joined, and go where they undo each other", () => {
    const x = image()
    becomes([], () => x.transpose([0, 3, 1, 2]).transpose([0, 2, 3, 1]))
    becomes(["Transpose"], () => x.transpose([1, 2, 3, 0]).transpose([2, 0, 1, 3]))
    const [joined] = rewrittenNodes(() => x.transpose([1, 2, 3, 0]).transpose([2, 0, 1, 3]))
    assert.deepStrictEqual(joined!.attrs["perm"], [3, 1, 2, 0])
  })
  it("stay where they only look alike", () => {
    const x = leaf([2, 4, 4, 2], 1) as Tensor4D
    becomes(["Transpose"], () => x.transpose([0, 3, 1, 2]).transpose([0, 3, 1, 2]))
    becomes(["Transpose", "Tanh", "Transpose"], () =>
      x.transpose([3, 0, 1, 2]).tanh().transpose([1, 2, 3, 0])
    )
  })
})

describe("neutral elements", () => {
  it("go, also as tensors", () => {
    const x = image()
    becomes([], () => x.mul(1).add(0).sub(0).div(1))
    becomes([], () => tf.mul(tf.onesLike(x), x))
    becomes([], () => tf.add(tf.zerosLike(perChannel(5)), x))
  })
  it("leave the broadcast that they made", () => {
    const rows = perChannel()
    becomes(["BroadcastTo"], () => tf.mul(rows, tf.onesLike(tf.broadcastTo(rows, [3, 16]))))
  })
  it("stay where they are not neutral", () => {
    const rows = perChannel()
    becomes(["Sub"], () => tf.sub(0, rows))
    becomes(["Add", "RealDiv"], () => tf.div(1, tf.add(rows, 2)))
    becomes(["Multiply"], () => tf.mul(rows, 0))
    becomes(["Multiply"], () => tf.mul(rows, tf.scalar(1.25)))
  })
})

describe("broadcasts", () => {
  it("are left to the kernel that has a tensor of full size, and come after a scalar", () => {
    const [x, rows] = [leaf([3, 16], 1), leaf([1, 16], 2)]
    becomes(["Multiply"], () => tf.mul(tf.broadcastTo(rows, [3, 16]), x))
    becomes(["Sub"], () => tf.sub(x, tf.broadcastTo(rows, [3, 16])))
    becomes(["Sub", "BroadcastTo"], () => tf.sub(2, tf.broadcastTo(rows, [3, 16])))
  })
  it("stay where no other input has the full size", () => {
    const [rows, others] = [leaf([1, 16], 2), perChannel()]
    becomes(["BroadcastTo", "Multiply"], () => tf.mul(tf.broadcastTo(rows, [3, 16]), others))
    becomes(["BroadcastTo", "Maximum"], () => tf.maximum(tf.broadcastTo(rows, [3, 16]), 0.5))
  })
})

describe("the exact GELU", () => {
  it("is seen in each order of its factors", () => {
    const x = image()
    becomes(["Gelu"], () => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1)))
    becomes(["Gelu"], () => tf.mul(tf.add(1, tf.erf(tf.mul(Math.SQRT1_2, x))), tf.mul(0.5, x)))
    const rows = perChannel()
    becomes(["Gelu"], () => rows.mul(0.5).mul(rows.mul(Math.SQRT1_2).erf().add(1)))
  })
  it("is not seen in anything else", () => {
    const [x, y] = [perChannel(), perChannel(5)]
    const others: ReadonlyArray<() => Tensor> = [
      () => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(2)),
      () => x.mul(0.25).mul(x.mul(Math.SQRT1_2).erf().add(1)),
      () => x.mul(0.5).mul(x.mul(0.7).erf().add(1)),
      () => x.mul(0.5).mul(y.mul(Math.SQRT1_2).erf().add(1)),
      () => x.mul(0.5).mul(x.mul(Math.SQRT1_2).tanh().add(1)),
      () => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().sub(1))
    ]
    for (const body of others) {
      assert.notInclude(rewrittenOps(body), "Gelu")
      assertSameOnBoth(() => tf.tidy(body))
    }
  })
  it("is not seen where a factor has another shape", () => {
    const x = leaf([1], 1)
    const body = () =>
      tf.mul(
        tf.mul(x, 0.5),
        x
          .mul(Math.SQRT1_2)
          .erf()
          .add(tf.ones([3]))
      )
    assert.notInclude(rewrittenOps(body), "Gelu")
    assertSameOnBoth(() => tf.tidy(body))
  })
})

describe("the SiLU", () => {
  it("is seen in both orders", () => {
    const x = image()
    becomes(["Silu"], () => x.mul(x.sigmoid()))
    becomes(["Silu"], () => x.sigmoid().mul(x))
  })
  it("is not seen where the gate is needed besides, or is another's", () => {
    const [x, y] = [perChannel(), perChannel(5)]
    becomes(["Sigmoid", "Multiply"], () => {
      const gate = x.sigmoid()
      return [gate, x.mul(gate)]
    })
    becomes(["Sigmoid", "Multiply"], () => y.mul(x.sigmoid()))
  })
})

describe("sums of products over pixels", () => {
  it("are seen for products and squares, however the axes are named", () => {
    const [x, y] = [image(), image(5)]
    becomes(["ChannelDot"], () => x.mul(y).sum([1, 2]))
    becomes(["ChannelDot"], () => x.mul(y).sum([2, -4, 1], true))
    becomes(["ChannelDot"], () => x.square().sum([0, 1, 2]))
    becomes(["ChannelDot"], () => x.mul(x).sum([-3, -2]))
  })
  it("are not seen over other axes", () => {
    const [x, y] = [image(), image(5)]
    for (const axes of [[0], [1], [3], [1, 2, 3], [0, 1, 2, 3], [0, 2]]) {
      becomes(["Multiply", "Sum"], () => x.mul(y).sum(axes))
    }
  })
  it("are not seen where somebody else needs the product", () => {
    const [x, y] = [image(), image(5)]
    becomes(["Multiply", "Sum"], () => {
      const product = x.mul(y)
      return [product, product.sum([1, 2])]
    })
  })
  it("are not seen in other types, ranks and sizes", () => {
    const x = image()
    assert.notInclude(
      rewrittenOps(() => x.mul(9).toInt().square().sum([1, 2])),
      "ChannelDot"
    )
    assertSameOnBoth(() => tf.tidy(() => x.mul(9).toInt().square().sum([1, 2])))
    const pixel = leaf([3, 1, 1, 16], 1)
    becomes(["Square", "Sum"], () => pixel.square().sum([1, 2]))
    const volume = leaf([2, 3, 4, 2, 16], 1)
    becomes(["Square", "Sum"], () => volume.square().sum([1, 2]))
    // A product of an image with coefficients.
    const rows = perChannel()
    assert.notInclude(
      rewrittenOps(() => x.mul(rows).sum([1, 2])),
      "ChannelDot"
    )
  })
  it("are zero where there are no pixels", () => {
    for (const shape of [
      [0, 4, 4, 16],
      [2, 0, 4, 16],
      [2, 4, 4, 0]
    ]) {
      assertSameOnBoth(() =>
        tf.tidy(() =>
          [1, 2].map(() => tf.zeros(shape)).reduce((x) => x.tanh().square().sum([1, 2]))
        )
      )
    }
  })
})

describe("scales and shifts of images", () => {
  it("become affine maps for numbers, channels, and channels of each image", () => {
    const x = image()
    for (const coefficients of [
      leaf([], 5),
      leaf([1, 1], 5),
      perChannel(),
      perImage(),
      leaf([1, 1, 1, 16], 5)
    ]) {
      becomes(["Affine"], () => x.mul(coefficients))
      becomes(["Affine"], () => tf.add(coefficients, x))
      becomes(["Neg", "Affine"], () => x.sub(coefficients))
      becomes(["Affine"], () => tf.sub(coefficients, x))
    }
    becomes(["Affine"], () => x.neg())
    const rows = perChannel()
    becomes(["Add", "Reciprocal", "Affine"], () => x.div(rows.add(2)))
  })
  it("stay where the coefficients are of another shape", () => {
    const x = image()
    for (const shape of [
      [5, 16],
      [5, 1],
      [2, 1, 1, 1],
      [1, 4, 1, 1],
      [4, 5, 16]
    ]) {
      const other = leaf(shape, 5)
      becomes(["Multiply"], () => x.mul(other))
    }
  })
  it("stay divisions by numbers, which have exact results", () => {
    becomes(["RealDiv"], () => image().div(49))
    for (let divisor = 1; divisor < 100; divisor++) {
      const x = tf.mul(tf.ones([1, 2, 2, 16]), divisor)
      const [quotient] = tf.tidy(() => x.add(tf.zeros([16]).tanh()).div(divisor)).dataSync()
      x.dispose()
      assert.strictEqual(quotient, 1, `${divisor} / ${divisor}`)
    }
  })
  it("stay divisions by an image, and everything on single pixels, in other ranks and types", () => {
    const [x, y, pixel] = [image(), image(5), perImage()]
    const rows = perChannel()
    becomes(["Abs", "Affine", "RealDiv"], () => tf.div(rows, y.abs().add(0.5)))
    becomes(["Multiply"], () => pixel.mul(perChannel()))
    becomes(["Multiply"], () => leaf([3, 16], 1).mul(perChannel()))
    assert.notInclude(
      rewrittenOps(() => x.toInt().mul(tf.scalar(2, "int32"))),
      "Affine"
    )
  })
  it("are collected into one map", () => {
    const [x, y, scale, shift] = [image(), image(5), perChannel(), perImage()]
    becomes(["Affine"], () => x.mul(scale).add(shift))
    becomes(["Affine"], () => x.mul(scale).add(shift).add(y))
    becomes(["Neg", "Multiply", "Affine"], () => y.sub(x.mul(scale).add(shift)))
    becomes(["Multiply", "Add", "Affine"], () => x.add(scale).mul(shift).add(scale))
    becomes(["Multiply", "Affine"], () => x.mul(scale).mul(0.3))
    becomes(["Add"], () => x.add(y))
  })
  it("are computed apart where the first is needed besides", () => {
    const [x, y, scale] = [image(), image(5), perChannel()]
    becomes(["Affine", "Affine"], () => {
      const scaled = x.mul(scale)
      return [scaled, scaled.add(scale)]
    })
    becomes(["Affine", "Add"], () => {
      const scaled = x.mul(scale)
      return [scaled, scaled.add(y)]
    })
  })
  it("read the image itself for a multiple of a scaled image that stays", () => {
    const [x, scale] = [image(), perChannel()]
    const body = () => {
      const scaled = x.mul(scale)
      return [scaled, scaled.mul(0.3)]
    }
    becomes(["Affine", "Multiply", "Affine"], body)
    const maps = rewrittenNodes(body).filter(({ op }) => op === "Affine")
    assert.strictEqual(maps[0]!.inputs[0], maps[1]!.inputs[0])
  })
  it("keep two added images apart", () => {
    const [x, y, scale] = [image(), image(5), perChannel()]
    becomes(["Affine", "Affine"], () => x.mul(scale).add(y).mul(scale))
    becomes(["Affine", "Add"], () => x.mul(scale).add(y).add(x))
    becomes(["Affine", "Affine"], () => x.mul(scale).add(y.mul(0.3)))
  })
  it("leave sums, when they are numbers", () => {
    const x = image()
    becomes(["Sum", "Multiply"], () => x.mul(0.3).sum([1, 2]))
    becomes(["ChannelDot", "Multiply"], () => x.mul(0.3).mul(x).sum([0, 1, 2]))
    becomes(["Affine", "Sum"], () => x.mul(perChannel()).sum([1, 2]))
    becomes(["Affine", "Sum"], () => x.mul(0.3).add(1).sum([1, 2]))
  })
})

describe("what follows a convolution", () => {
  const conv = (x: Tensor4D, w: Tensor4D) => tf.conv2d(x, w, 1, "same")

  it("is done by it: a scale in its filter, a shift as its bias, an image in its accumulator", () => {
    const [x, y, w, scale, shift] = [image(), image(5), filter(), perChannel(), perChannel(6)]
    becomes(["Conv"], () => conv(x, w).add(shift))
    becomes(["Affine", "Conv"], () => conv(x, w).mul(scale))
    becomes(["Reshape", "BroadcastTo", "Affine", "Conv"], () => conv(x, w).mul(0.3))
    const all = () => conv(x, w).mul(scale).add(shift).add(y)
    becomes(["Affine", "Conv"], all)
    const { attrs } = rewrittenNodes(all).find(({ op }) => op === "Conv")!
    assert.deepStrictEqual([attrs["bias"], attrs["sum"]], [1, 1])
  })
  it("moves a bias that it had already", () => {
    const [x, w, scale, shift] = [image(), filter(), perChannel(), perChannel(6)]
    const biased = () =>
      tf.fused.conv2d({
        x,
        filter: w,
        strides: 1,
        pad: "same",
        bias: tf.mul(shift, 2),
        activation: "linear"
      })
    becomes(["Multiply", "Affine", "Multiply", "Add", "Conv"], () => biased().mul(scale).add(shift))
  })
  it("adds the result of another convolution", () => {
    const [x, y, w, shift] = [image(), image(5), filter(), perChannel()]
    const body = () => conv(x, w).add(shift).add(conv(y, w))
    becomes(["Conv", "Conv"], body)
    assert.deepStrictEqual(
      rewrittenNodes(body).map(({ attrs }) => attrs["sum"] ?? 0),
      [0, 1]
    )
  })
  it("stays apart where the convolution itself is needed, or coefficients are each image's", () => {
    const [x, w, scale] = [image(), filter(), perImage()]
    becomes(["Conv", "Affine"], () => conv(x, w).mul(scale))
    becomes(["Conv", "Affine"], () => {
      const y = conv(x, w)
      return [y, y.mul(scale)]
    })
  })
  it("is done by a transposed convolution, but for an added image", () => {
    const [x, y, w, scale, shift] = [image(), image(5), filter(), perChannel(), perChannel(6)]
    const transposed = () => tf.conv2dTranspose(x, w, [2, 4, 5, 16], 1, "same")
    becomes(["ConvInputGradient"], () => transposed().add(shift))
    becomes(["Reshape", "Multiply", "ConvInputGradient"], () => transposed().mul(scale).add(shift))
    becomes(["Reshape", "Multiply", "ConvInputGradient", "Affine"], () =>
      transposed().mul(scale).add(y)
    )
    becomes(["ConvInputGradient", "Add"], () => transposed().add(y))
  })
  it("stays apart on the way back through groups of channels", () => {
    const [x, scale] = [image(), perChannel()]
    const w = leaf([3, 3, 16, 1], 4) as Tensor4D
    const slope = () =>
      tf
        .grad((x) => tf.depthwiseConv2d(x as Tensor4D, w, 1, "same").sum())(x)
        .mul(scale)
    const ops = rewrittenOps(slope)
    assert.deepStrictEqual(ops.slice(-2), ["ConvInputGradient", "Affine"])
    assertSameOnBoth(() => tf.tidy(slope))
    const forward = () => tf.depthwiseConv2d(x, w, 1, "same").mul(scale).add(scale)
    assert.deepStrictEqual(rewrittenOps(forward).slice(-1), ["Conv"])
    assertSameOnBoth(() => tf.tidy(forward))
  })
})

describe("equal nodes", () => {
  it("are computed once", () => {
    const x = perChannel()
    becomes(["Tanh"], () => [x.tanh(), x.tanh()])
    becomes(["Tanh", "Exp", "Add"], () => tf.add(x.tanh().exp(), x.tanh().exp()))
  })
  it("are not those of other inputs or attributes, however JSON writes these", () => {
    const [x, y] = [perChannel(), perChannel(5)]
    becomes(["Tanh", "Tanh"], () => [x.tanh(), y.tanh()])
    becomes(["LeakyRelu", "LeakyRelu"], () => [tf.leakyRelu(x, 0.1), tf.leakyRelu(x, 0.2)])
    const hot = (value: number) => tf.oneHot(tf.tensor1d([0, 1], "int32"), 3, value, 0)
    becomes(["Hot", "Hot"], () => [hot(Infinity), hot(-Infinity)])
  })
})

describe("common numbers", () => {
  it("belong to the program, and zero is not minus zero", () => {
    for (const number of [0, -0, 1, 0.5]) {
      assertSameOnBoth(() => tf.tidy(() => tf.div(tf.tensor1d([3, -3]), tf.scalar(number))))
    }
  })
})

describe("rewriting", () => {
  it("ends with an error when two rules undo each other", () => {
    const recorder = new Recorder((op) => primitive(op).infer)
    const x = Value.placeholder({ shape: [2], dtype: "float32" })
    const turn = (from: string, to: string): Rule => ({
      name: `${from} to ${to}`,
      ops: [from],
      apply: ({ inputs }) => [recorder.one(to, inputs)]
    })
    const program = programOf([recorder.one("Tanh", [x])])
    const rules = [turn("Tanh", "Sigmoid"), turn("Sigmoid", "Tanh")]
    assert.throws(() => rewrite(program, rules, recorder), /do not come to an end/)
  })
})
