/** Two batches, of which one may be a single image that goes with each of the other: symbols N and M make K. */

import { UserError } from "../base/user-error.ts"
import type { Images } from "./values.ts"

/** K, as far as N and M tell. */
export const batchSize = (
  n: number | undefined,
  m: number | undefined
): { readonly K?: number } => {
  if (n === undefined || m === undefined) {
    // One that is known and not 1 decides.
    const known = n ?? m ?? 1
    return known === 1 ? {} : { K: known }
  }
  return { K: Math.max(n, m) }
}

/** What is wrong with batches of these sizes, if anything. */
export const checkBatches = (
  n: number | undefined,
  m: number | undefined
): ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly message: string }> =>
  n === undefined || m === undefined || n === m || n === 1 || m === 1
    ? []
    : [{ path: [], message: `a batch of ${n} images does not go with a batch of ${m}` }]

/**
 * What is known of the images that two batches make, before their pixels are; the larger batch names them.
 *
 * @throws UserError when the batches do not go together
 */
export const joinedFrame = (a: Images, b: Images): Omit<Images, "data"> => {
  const [n, ...size] = a.shape
  const [m] = b.shape
  for (const { message } of checkBatches(n, m)) throw new UserError(message, { exitCode: 1 })
  const { labels } = n >= m ? a : b
  return {
    type: "Images",
    shape: [Math.max(n, m), ...size],
    range: a.range,
    ...(labels === undefined ? {} : { labels })
  }
}
