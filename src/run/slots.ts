/** How much of the machine the running stages may take together, by resource. Never part of a key. */
import type { Resources } from "../language/pipeline.ts"

export interface Amounts {
  readonly cpu: number
  readonly gpu: number
  readonly memoryBytes: number
}

/**
 * What an instance takes while it runs.
 *
 * @param cores of one that does not say how many
 */
export const requirementOf = (resources: Resources, total: Amounts, cores = 1): Amounts => ({
  // Asking for more cores or memory than there are means "all of them", so that a file written for a large machine runs here.
  cpu: Math.min(resources.cpu ?? cores, total.cpu),
  gpu: resources.gpu ?? 0,
  memoryBytes: Math.min(resources.memoryBytes ?? 0, total.memoryBytes)
})

export interface Slots {
  readonly total: Amounts
  readonly fits: (wanted: Amounts) => boolean
  readonly take: (wanted: Amounts) => void
  readonly release: (wanted: Amounts) => void
}

/** Parts of cores do not add up exactly: 0.1 + 0.2. */
const rounding = 1e-6

export const makeSlots = (total: Amounts): Slots => {
  let free = total
  const add = (amounts: Amounts, sign: 1 | -1) => {
    free = {
      cpu: free.cpu + sign * amounts.cpu,
      gpu: free.gpu + sign * amounts.gpu,
      memoryBytes: free.memoryBytes + sign * amounts.memoryBytes
    }
  }
  return {
    total,
    fits: (wanted) =>
      wanted.cpu <= free.cpu + rounding &&
      wanted.gpu <= free.gpu + rounding &&
      wanted.memoryBytes <= free.memoryBytes,
    take: (wanted) => add(wanted, -1),
    release: (wanted) => add(wanted, 1)
  }
}
