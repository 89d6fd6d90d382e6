/** The U-Nets of DeepFloyd IF against diffusers, and what holds for any of them. */
import { assert, describe, it } from "vitest"
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import * as path from "node:path"
import { compile } from "../../../src/engine/compile.ts"
import { tf } from "../../../src/engine/tf.ts"
import { loadDeepFloydUNet } from "../../../src/models/deepfloyd/load.ts"
import { userError } from "../../engine/weights/files.ts"
import { isOk } from "../../parity/if/check.ts"
import { readReference } from "../../parity/if/reference.ts"
import { unetCheck } from "../../parity/if/unet-check.ts"
import { sharedFile } from "../../support/project.ts"

const folder = sharedFile("fixtures", "if")

describe.skipIf(folder === undefined)("a U-Net of DeepFloyd IF", () => {
  it.each([
    ["stage1", undefined],
    ["stage1-f16", "fp16"],
    ["stage2", undefined]
  ] as const)("%s computes what diffusers does, at every module", async (stage, variant) => {
    const rows = await unetCheck(stage, variant).rows(folder!)
    assert.isAbove(rows.filter(({ what }) => what.startsWith("tap.")).length, 30)
    assert.includeMembers(
      rows.map(({ what }) => what),
      ["output", "output_scalar_timestep", "output_masked"]
    )
    assert.deepStrictEqual(
      rows.filter((row) => !isOk(row)),
      []
    )
  })

  const { config, forward, state } =
    folder === undefined
      ? ({} as ReturnType<typeof loadDeepFloydUNet>)
      : loadDeepFloydUNet(path.join(folder, "stage2", "unet"))
  const inputs = () => {
    const reference = readReference(path.join(folder!, "stage2", "io.safetensors"))
    return {
      sample: reference.image("sample"),
      timesteps: reference.tensor("timesteps") as Tensor1D,
      text: reference.tensor("encoder_hidden_states") as Tensor3D,
      noiseLevel: reference.tensor("class_labels") as Tensor1D
    }
  }

  it("gives the same bits when it is compiled", () => {
    tf.tidy(() => {
      const { noiseLevel, sample, text, timesteps } = inputs()
      const compiled = compile((x: Tensor4D, t: Tensor1D) =>
        forward(state, x, t, text, { noiseLevel })
      )
      const expected = forward(state, sample, timesteps, text, { noiseLevel }).dataSync()
      assert.deepStrictEqual(compiled(sample, timesteps).dataSync(), expected)
      const later = tf.sub<Tensor1D>(timesteps, 1)
      assert.notDeepEqual(compiled(sample, later).dataSync(), expected)
    })
  })
  it("leaves no tensor behind but its result", () => {
    tf.tidy(() => {
      const { noiseLevel, sample, text, timesteps } = inputs()
      const before = tf.memory().numTensors
      const output = forward(state, sample, timesteps, text, { noiseLevel })
      assert.strictEqual(tf.memory().numTensors, before + 1)
      output.dispose()
    })
  })
  it("looks at each text by itself, and at its tokens in any order", () => {
    tf.tidy(() => {
      const { noiseLevel, sample, text, timesteps } = inputs()
      const output = forward(state, sample, timesteps, text, { noiseLevel })
      const second = <T extends Tensor1D | Tensor3D | Tensor4D>(tensor: T): T =>
        tf.slice(tensor, [1], [1])
      const alone = forward(state, second(sample), second(timesteps), second(text), {
        noiseLevel: second(noiseLevel)
      })
      assert.isAtMost(largest(tf.sub(alone, second(output))), 1e-5)
      const turned = forward(state, sample, timesteps, tf.reverse(text, 1), { noiseLevel })
      assert.isAtMost(largest(tf.sub(turned, output)), 1e-5)
      const other = forward(state, sample, timesteps, tf.mul(text, 2), { noiseLevel })
      assert.isAbove(largest(tf.sub(other, output)), 1e-2)
    })
  })
  it("with a mask that keeps all tokens is as without one", () => {
    tf.tidy(() => {
      const { noiseLevel, sample, text, timesteps } = inputs()
      const attentionMask: Tensor2D = tf.ones([2, text.shape[1]], "int32")
      const masked = forward(state, sample, timesteps, text, { noiseLevel, attentionMask })
      const output = forward(state, sample, timesteps, text, { noiseLevel })
      assert.isAtMost(largest(tf.sub(masked, output)), 1e-6)
    })
  })
  it("refuses images that cannot be halved four times, and says which can", () => {
    tf.tidy(() => {
      const { noiseLevel, text, timesteps } = inputs()
      for (const [height, width] of [
        [32, 24],
        [40, 32],
        [0, 32]
      ] as const) {
        const sample: Tensor4D = tf.zeros([2, height, width, 6])
        const error = userError(() => forward(state, sample, timesteps, text, { noiseLevel }))
        assert.include(error.message, `${width}x${height} pixels`)
        assert.include(error.hint, "multiples of 16")
      }
    })
  })
  it("refuses inputs of other shapes", () => {
    tf.tidy(() => {
      const { noiseLevel, sample, text, timesteps } = inputs()
      const three: Tensor4D = tf.zeros([2, 32, 32, 3])
      const wrong = (call: () => Tensor4D, message: string) =>
        assert.throws(call, RangeError, message)
      wrong(
        () => forward(state, three, timesteps, text, { noiseLevel }),
        "the U-Net's sample should be [2,32,32,6], got [2,32,32,3]"
      )
      wrong(
        () => forward(state, sample, timesteps, text),
        "the U-Net's noise level should be [2] or [1], got nothing"
      )
      wrong(
        () => forward(state, sample, tf.zeros([3]), text, { noiseLevel }),
        "the U-Net's timesteps should be [2] or [1], got [3]"
      )
      wrong(
        () => forward(state, sample, timesteps, tf.zeros([2, 12, 7]), { noiseLevel }),
        `the U-Net's text should be [2,12,${config.encoderHiddenDim}], got [2,12,7]`
      )
      const attentionMask: Tensor2D = tf.ones([2, 5])
      wrong(
        () => forward(state, sample, timesteps, text, { noiseLevel, attentionMask }),
        "the U-Net's mask should be [2,12], got [2,5]"
      )
      wrong(
        () => forward({}, sample, timesteps, text, { noiseLevel }),
        "the network needs a tensor time_embedding.linear_1.weight of rank 2, its state has none"
      )
    })
  })
})

const largest = (tensor: Tensor4D): number => tf.max(tf.abs(tensor)).dataSync()[0]!
