/** Orders that depend on a seed only. */
import { uniform } from "./streams.ts"

/**
 * The numbers from 0 to `count` - 1 in an order that a seed chooses; each order is as likely as any other.
 *
 * Fisher & Yates, from the last place down: place i swaps with one of 0 … i. Element i of the stream decides for place i.
 */
export const shuffled = (count: number, seed: number, stream: string): Int32Array => {
  const order = Int32Array.from({ length: count }, (_, index) => index)
  // Two draws a place make one of 48 bits.
  const draws = uniform(seed, stream, 2 * count)
  for (let place = count - 1; place > 0; place--) {
    const draw = draws[2 * place]! + draws[2 * place + 1]! * 2 ** -24
    const other = Math.floor(draw * (place + 1))
    const kept = order[place]!
    order[place] = order[other]!
    order[other] = kept
  }
  return order
}
