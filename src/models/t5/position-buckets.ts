/** T5's classes of distances between tokens: near ones each by itself, far ones by powers. */
import type { T5Config } from "./config.ts"

/**
 * The class of a distance, for a text that is read in both directions.
 *
 * Raffel et al. 2020 (arXiv:1910.10683), section 2.1; transformers' `T5Attention._relative_position_bucket`. With n classes a
 * direction: distances below n/2 have one each; the others share the rest by their logarithm, up to `maxDistance`.
 *
 * Logarithms are rounded to float32 at each step, as there: a distance on the border of two classes belongs where it was
 * trained to.
 *
 * @param distance of the key from the query, in tokens; above 0 when the key comes later
 * @returns 0 to positionBuckets - 1
 */
export const positionBucket = (
  distance: number,
  { maxDistance, positionBuckets }: Pick<T5Config, "maxDistance" | "positionBuckets">
): number => {
  const each = positionBuckets / 2
  const near = each / 2
  const first = distance > 0 ? each : 0
  const far = Math.abs(distance)
  if (far < near) return first + far
  const logarithm = Math.fround(Math.log(Math.fround(far / near)))
  const part = Math.fround(logarithm / Math.fround(Math.log(maxDistance / near)))
  const power = Math.trunc(Math.fround(part * (each - near)))
  return first + Math.min(each - 1, near + power)
}

/** The classes of all pairs of `tokens` tokens: `[query, key]`, row-major. */
export const positionBuckets = (
  tokens: number,
  config: Pick<T5Config, "maxDistance" | "positionBuckets">
): Int32Array => {
  const buckets = new Int32Array(tokens * tokens)
  for (let query = 0; query < tokens; query++) {
    for (let key = 0; key < tokens; key++) {
      buckets[query * tokens + key] = positionBucket(key - query, config)
    }
  }
  return buckets
}
