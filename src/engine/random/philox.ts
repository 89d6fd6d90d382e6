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

/** Splits a 32-bit constant so that its product with any 32-bit word is exact in float64 half by half. */
const halves = (word: number) => ({ high: word >>> 16, low: word & 0xffff })
const { high: high0, low: low0 } = halves(multiplier0)
const { high: high1, low: low1 } = halves(multiplier1)
const two16 = 65_536

/**
 * The four words of one block, each in [0, 2³²), written into `out`.
 *
 * All counter and key words are unsigned 32-bit integers.
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
  let [a, b, c, d] = [counter0, counter1, counter2, counter3]
  let [k0, k1] = [key0, key1]
  for (let round = 0; round < rounds; round++) {
    // The upper 32 bits of a 64-bit product; every intermediate is below 2⁴⁹, so exact.
    const highA = Math.floor((a * high0 + Math.floor((a * low0) / two16)) / two16)
    const highC = Math.floor((c * high1 + Math.floor((c * low1) / two16)) / two16)
    const lowA = Math.imul(a, multiplier0)
    const lowC = Math.imul(c, multiplier1)
    a = (highC ^ b ^ k0) >>> 0
    b = lowC >>> 0
    c = (highA ^ d ^ k1) >>> 0
    d = lowA >>> 0
    k0 = (k0 + weyl0) >>> 0
    k1 = (k1 + weyl1) >>> 0
  }
  out[0] = a
  out[1] = b
  out[2] = c
  out[3] = d
}
