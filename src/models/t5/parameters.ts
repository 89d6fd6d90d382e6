/** What the tensors of a T5 v1.1 encoder are called and how they are shaped, in PyTorch's order of axes. */
import type { T5Config } from "./config.ts"

export type Shapes = Readonly<Record<string, ReadonlyArray<number>>>

/** The table of embeddings. */
export const embeddingName = "shared.weight"
/** A second name of that table, which some files have beside the first, or in its place. */
export const otherEmbeddingName = "encoder.embed_tokens.weight"

/** The part of a block's feed-forward layer that comes after the activation, where numbers are largest. */
export const outputOfFeedForward = "DenseReluDense.wo.weight"

export const t5Parameters = (config: T5Config): Shapes => {
  const { feedForwardWidth, headChannels, heads, layers, positionBuckets, width } = config
  const inner = heads * headChannels
  const block = (index: number): ReadonlyArray<readonly [string, ReadonlyArray<number>]> => {
    const name = `encoder.block.${index}.layer`
    return [
      ...["q", "k", "v"].map(
        (part) => [`${name}.0.SelfAttention.${part}.weight`, [inner, width]] as const
      ),
      [`${name}.0.SelfAttention.o.weight`, [width, inner]],
      // One table for all blocks, which the first has.
      ...(index === 0
        ? [
            [
              `${name}.0.SelfAttention.relative_attention_bias.weight`,
              [positionBuckets, heads]
            ] as const
          ]
        : []),
      [`${name}.0.layer_norm.weight`, [width]],
      [`${name}.1.DenseReluDense.wi_0.weight`, [feedForwardWidth, width]],
      [`${name}.1.DenseReluDense.wi_1.weight`, [feedForwardWidth, width]],
      [`${name}.1.${outputOfFeedForward}`, [width, feedForwardWidth]],
      [`${name}.1.layer_norm.weight`, [width]]
    ]
  }
  return Object.fromEntries([
    [embeddingName, [config.vocabularySize, width]],
    ...Array.from({ length: layers }, (_, index) => block(index)).flat(),
    ["encoder.final_layer_norm.weight", [width]]
  ])
}
