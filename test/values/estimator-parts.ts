/** Any embeddings, pretrained networks and small images, for the tests of their codecs. */
import * as fc from "fast-check"
import type { Embedding, Pretrained } from "../../src/values/values.ts"

const side = fc.integer({ min: 1, max: 3 })
const text = fc.string({ unit: "grapheme", maxLength: 12 })

export const anyEmbedding: fc.Arbitrary<Embedding> = fc
  .record({
    kind: fc.constantFrom("text" as const, "classes" as const),
    prompts: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
    tokens: side,
    width: side,
    masked: fc.boolean()
  })
  .chain(({ kind, masked, prompts, tokens, width }) => {
    const size = prompts.length * tokens
    const floats = { minLength: size * width, maxLength: size * width }
    const bits = fc.array(fc.constantFrom(0, 1), { minLength: size, maxLength: size })
    return fc.tuple(fc.float32Array(floats), bits).map(([data, mask]): Embedding => {
      const shape = [prompts.length, tokens, width] as const
      const embedding: Embedding = { type: "Embedding", kind, prompts, shape, data }
      return masked ? Object.assign(embedding, { mask: Int32Array.from(mask) }) : embedding
    })
  })

const count = fc.integer({ min: 1, max: 1e6 })
const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x + 0)
export const anyPretrained: fc.Arbitrary<Pretrained> = fc
  .record({
    folder: text,
    variant: fc.option(text, { nil: undefined }),
    files: fc.array(fc.record({ name: text, sizeBytes: fc.nat() }), { minLength: 1, maxLength: 3 }),
    content: fc.string({
      unit: fc.integer({ min: 0, max: 15 }).map((digit) => digit.toString(16)),
      minLength: 64,
      maxLength: 64
    }),
    config: fc.record({ sample_size: count, act_fn: text, block_out_channels: fc.array(count) }),
    imageSize: count,
    imageChannels: count,
    width: count,
    enlarges: fc.boolean(),
    range: fc.constantFrom("[-1,1]" as const, "[0,1]" as const),
    levels: fc.array(fc.tuple(fraction, fraction), { minLength: 1, maxLength: 5 })
  })
  .map(({ levels, variant, ...others }): Pretrained => {
    const [betas, alphaBar] = [levels.map(([beta]) => beta), levels.map(([, kept]) => kept)]
    return Object.assign(
      { type: "Pretrained", kind: "deepfloyd-unet", prediction: "epsilon" } as const,
      others,
      variant === undefined ? {} : { variant },
      { schedule: { kind: "cosine", betas, alphaBar } }
    )
  })
