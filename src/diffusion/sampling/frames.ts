/** Which states of a walk are kept, and in what order they are shown. */

/** Numbers of steps done, evenly spread from 0 to `steps`. */
export const framesOf = (steps: number, frames: number): ReadonlyArray<number> =>
  Array.from({ length: frames }, (_, frame) => Math.round((frame * steps) / (frames - 1)))

/**
 * Film strips: what comes state by state, all samples of each, becomes sample by sample.
 *
 * @param count how many samples
 */
export const filmStrips = (states: ReadonlyArray<Float32Array>, count: number): Float32Array => {
  const size = states[0]!.length / count
  const all = new Float32Array(states.length * count * size)
  for (const [frame, data] of states.entries()) {
    for (let item = 0; item < count; item++) {
      all.set(data.subarray(item * size, (item + 1) * size), (item * states.length + frame) * size)
    }
  }
  return all
}
