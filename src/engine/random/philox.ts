/**
 * Philox 4x32-10: a counter-based generator. A keyed bijection of 128-bit counters, so each block of four words can be
 * computed by itself, in any order, without state.
 *
 * Salmon, Moraes, Dror & Shaw 2011, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC '11). Seven rounds
 * pass BigCrush; ten are their default, for a margin.
 */

const multiplier0 = 0xd2511f53
const multiplier1 = 0xcd9e8d57
/** The key grows by the golden ratio and by √3 - 1, both times 2³², between rounds. */
const weyl0 = 0x9e3779b9
const weyl1 = 0xbb67ae85
const rounds = 10

const upper = (word: number): number => word >>> 16
const lower = (word: number): number => word & 0xffff

/**
 * The upper 32 bits of the 64-bit product of two 32-bit words, the second as its two halves: schoolbook multiplication in
 * halves, whose parts fit into 32 bits. Whole numbers throughout, which the engine keeps in registers: half of the time of
 * the same in float64.
 */
const highProduct = (word: number, high: number, low: number): number => {
  const wordLow = lower(word)
  const wordHigh = upper(word)
  const middle = (Math.imul(wordHigh, low) + upper(Math.imul(wordLow, low))) | 0
  const carry = upper((Math.imul(wordLow, high) + lower(middle)) | 0)
  return (Math.imul(wordHigh, high) + upper(middle) + carry) | 0
}
const [high0, low0] = [upper(multiplier0), lower(multiplier0)]
const [high1, low1] = [upper(multiplier1), lower(multiplier1)]

/**
 * The four words of one block, each in [0, 2³²), written into `out`.
 *
 * All counter and key words are 32-bit integers, signed or not.
 */
export const philox4x32 = (
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array
): void => {
  let [a, b, c, d] = [counter0 | 0, counter1 | 0, counter2 | 0, counter3 | 0]
  let [k0, k1] = [key0 | 0, key1 | 0]
  for (let round = 0; round < rounds; round++) {
    const highA = highProduct(a, high0, low0)
    const highC = highProduct(c, high1, low1)
    const lowA = Math.imul(a, multiplier0)
    const lowC = Math.imul(c, multiplier1)
    a = highC ^ b ^ k0
    b = lowC
    c = highA ^ d ^ k1
    d = lowA
    k0 = (k0 + weyl0) | 0
    k1 = (k1 + weyl1) | 0
  }
  out[0] = a
  out[1] = b
  out[2] = c
  out[3] = d
}
