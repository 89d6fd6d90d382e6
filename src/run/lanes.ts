/**
 * Which ready instance starts next, given the free slots.
 *
 * Instances that want equal amounts wait in one lane. The earliest of the pipeline goes first. One that waits for cores
 * or memory is not overtaken, or a wide stage could wait until all narrow ones are done; one that waits for a GPU is,
 * because the cores would only idle.
 */
import { makeReadyQueue, type ReadyQueue } from "./ready-queue.ts"
import type { Amounts, Slots } from "./slots.ts"

export interface Lanes<A> {
  readonly size: number
  readonly push: (position: number, wanted: Amounts, item: A) => void
  /** Takes away the next that can start; its slots are the caller's to take. */
  readonly next: () => { readonly item: A; readonly wanted: Amounts } | undefined
}

export const makeLanes = <A>(slots: Slots): Lanes<A> => {
  const lanes = new Map<string, { readonly wanted: Amounts; readonly queue: ReadyQueue<A> }>()
  let size = 0
  return {
    get size() {
      return size
    },
    push: (position, wanted, item) => {
      const name = `${wanted.cpu} ${wanted.gpu} ${wanted.memoryBytes}`
      let lane = lanes.get(name)
      if (lane === undefined) lanes.set(name, (lane = { wanted, queue: makeReadyQueue() }))
      lane.queue.push(position, item)
      size += 1
    },
    next: () => {
      const heads = [...lanes.values()]
        .flatMap((lane) => {
          const first = lane.queue.first()
          return first === undefined ? [] : [{ lane, position: first.position }]
        })
        .toSorted((a, b) => a.position - b.position)
      for (const { lane } of heads) {
        if (slots.fits(lane.wanted)) {
          const item = lane.queue.shift()
          if (item === undefined) return undefined
          size -= 1
          return { item, wanted: lane.wanted }
        }
        if (slots.fits({ ...lane.wanted, gpu: 0 })) continue
        return undefined
      }
      return undefined
    }
  }
}
