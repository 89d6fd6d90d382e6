/**
 * Named random streams. A draw is addressed by (seed, stream, item, element) and by nothing else: element i of an item
 * does not depend on how many are drawn, on the batch that the item is in, on the device, or on what was drawn before.
 *
 * The address of one Philox block of four 32-bit words:
 *
 * | words | hold |
 * | --- | --- |
 * | key 0, key 1 | the seed as a 64-bit two's-complement integer, low word first |
 * | counter 0 | the number of the block within the item |
 * | counter 1 | the item |
 * | counter 2, counter 3 | the first 64 bits of SHA-256 over the distribution's and the stream's name, each length-prefixed |
 *
 * Collisions: for one key Philox is a bijection of counters, so within a seed no two blocks are the same block unless two
 * names share 64 bits of their hash: below 3e-14 for a thousand names. The distribution is hashed too, so normal and
 * uniform draws of one stream are independent. Different seeds are different keys, for which the
 * outputs of a counter-based generator behave as independent (Salmon et al. 2011).
 */
import { digestOf } from "../../base/digest.ts"
import { philox4x32 } from "./philox.ts"

const two20 = 2 ** 20
const two32 = 2 ** 32

/**
 * Independent draws from N(0, 1).
 *
 * Box & Muller 1958 in float64, rounded once to float32: block j gives elements 2j and 2j+1, `r cos a` and `r sin a` with
 * `r = √(-2 ln u)`, `a = 2π v`; u and v are the midpoints of 2⁵² equal cells of (0, 1), from words 0, 1 and words 2, 3.
 * So |z| is at most 8.6, and the sign is symmetric.
 *
 * @param seed any safe integer
 * @param stream what the numbers are for, such as `noise`
 * @param item which member of a batch, 0 to 2³² - 1
 */
export const normal = (seed: number, stream: string, count: number, item = 0): Float32Array =>
  normals(seed, stream, count, [item])

/** What `normal` draws for each of `items`, one after another: `items.length * count` numbers. */
export const normals = (
  seed: number,
  stream: string,
  count: number,
  items: ArrayLike<number>
): Float32Array => {
  const block = blocks("normal", seed, stream)
  const values = new Float32Array(checkedCount(count, 2) * items.length)
  const words = new Uint32Array(4)
  for (let at = 0; at < items.length; at++) {
    const item = checkedItem(items[at]!)
    const start = at * count
    for (let index = 0; index < count; index += 2) {
      block(index / 2, item, words)
      const radius = Math.sqrt(-2 * Math.log(midpoint(words[0]!, words[1]!)))
      const angle = 2 * Math.PI * midpoint(words[2]!, words[3]!)
      values[start + index] = radius * Math.cos(angle)
      if (index + 1 < count) values[start + index + 1] = radius * Math.sin(angle)
    }
  }
  return values
}

/**
 * Independent draws, uniform on the 2²⁴ multiples of 2⁻²⁴ in [0, 1). Block j gives elements 4j to 4j+3, the upper 24 bits
 * of one word each. Parameters as for `normal`.
 */
export const uniform = (seed: number, stream: string, count: number, item = 0): Float32Array =>
  uniforms(seed, stream, count, [item])

/** What `uniform` draws for each of `items`, one after another. */
export const uniforms = (
  seed: number,
  stream: string,
  count: number,
  items: ArrayLike<number>
): Float32Array => {
  const block = blocks("uniform", seed, stream)
  const values = new Float32Array(checkedCount(count, 4) * items.length)
  const words = new Uint32Array(4)
  for (let at = 0; at < items.length; at++) {
    const item = checkedItem(items[at]!)
    const start = at * count
    for (let index = 0; index < count; index += 4) {
      block(index / 4, item, words)
      for (let lane = 0; lane < Math.min(4, count - index); lane++) {
        values[start + index + lane] = (words[lane]! >>> 8) * 2 ** -24
      }
    }
  }
  return values
}

/** The function from a block's number and an item to the four words. */
const blocks = (distribution: string, seed: number, stream: string) => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a safe integer, got ${seed}`)
  const name = digestOf("random stream", [distribution, stream])
  const [name0, name1] = [name.slice(0, 8), name.slice(8, 16)].map((hex) =>
    Number.parseInt(hex, 16)
  )
  const [key0, key1] = [seed >>> 0, Math.floor(seed / two32) >>> 0]
  return (number: number, item: number, words: Uint32Array): void =>
    philox4x32(number, item, name0!, name1!, key0, key1, words)
}

const checkedItem = (item: number): number => {
  if (Number.isInteger(item) && item >= 0 && item < two32) return item
  throw new RangeError(`an item is a whole number from 0 to 2^32 - 1, got ${item}`)
}

const checkedCount = (count: number, perBlock: number): number => {
  if (!Number.isInteger(count) || count < 0 || count > perBlock * two32) {
    throw new RangeError(
      `the number of draws is a whole number up to ${perBlock} * 2^32, got ${count}`
    )
  }
  return count
}

/** Two words as a number in (0, 1): the middle of one of 2⁵² cells, so that neither 0 nor 1 occurs and both ends are alike. */
const midpoint = (high: number, low: number): number =>
  (high * two20 + (low >>> 12) + 0.5) * 2 ** -52
