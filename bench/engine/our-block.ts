/** The residual and attention block of `bench/torch/attention_block.py`, with the project's own layers. */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../src/engine/tf.ts"
import { pixelAttention } from "../../src/models/layers/attention.ts"
import { conv } from "../../src/models/layers/conv.ts"
import { groupNorm } from "../../src/models/layers/group-norm.ts"
import { silu } from "../../src/models/layers/silu.ts"
import { type ParameterSpec, type State, weightAndBias } from "../../src/models/parameters.ts"
import { block } from "./cases.ts"

const { channels, groups, heads } = block
const attention = ["query", "key", "value", "project"] as const

const norm = (name: string): ReadonlyArray<ParameterSpec> =>
  [1, 0].map((value, index) => ({
    name: `${name}.${index === 0 ? "weight" : "bias"}`,
    shape: [channels],
    layout: "plain",
    role: "trained",
    start: { value }
  }))

const bias = { size: channels, role: "trained" } as const

export const blockParameters: ReadonlyArray<ParameterSpec> = [
  ...norm("norm1"),
  ...weightAndBias("conv1", "filter", [3, 3, channels, channels], bias),
  ...norm("norm2"),
  ...weightAndBias("conv2", "filter", [3, 3, channels, channels], bias),
  ...norm("norm3"),
  ...attention.flatMap((name) => weightAndBias(name, "matrix", [channels, channels], bias))
]

/** `[N,16,16,256]` to the same shape. */
export const forwardBlock = (state: State, x: Tensor4D): Tensor4D => {
  const options = { groups, eps: 1e-5 }
  const vector = (name: string) => state[name] as Tensor1D
  const activated = (image: Tensor4D, name: string): Tensor4D =>
    silu(groupNorm(image, vector(`${name}.weight`), vector(`${name}.bias`), options))
  const convolved = (image: Tensor4D, name: string): Tensor4D =>
    tf.add(
      conv(image, state[`${name}.weight`] as Tensor4D, { stride: 1, padding: 1 }),
      vector(`${name}.bias`)
    )
  const weights = (name: string) => ({
    weight: state[`${name}.weight`] as Tensor2D,
    bias: vector(`${name}.bias`)
  })
  const first = convolved(activated(x, "norm1"), "conv1")
  const residual = tf.add<Tensor4D>(x, convolved(activated(first, "norm2"), "conv2"))
  return pixelAttention(
    residual,
    {
      norm: { gamma: vector("norm3.weight"), beta: vector("norm3.bias") },
      query: weights("query"),
      key: weights("key"),
      value: weights("value"),
      output: weights("project")
    },
    { heads, ...options }
  )
}
