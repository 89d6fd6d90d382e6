/**
 * The stage instances that could start now, handed out in the order of the pipeline, so that equal runs start their
 * stages in equal order. A binary heap: 10,000 instances may be ready at once.
 */
export interface ReadyQueue<A> {
  readonly size: number
  readonly push: (position: number, item: A) => void
  readonly first: () => { readonly position: number; readonly item: A } | undefined
  /** Takes the first away. */
  readonly shift: () => A | undefined
}

export const makeReadyQueue = <A>(): ReadyQueue<A> => {
  const heap: Array<{ readonly position: number; readonly item: A }> = []
  const positionAt = (index: number) => heap[index]?.position ?? Number.POSITIVE_INFINITY
  const swap = (a: number, b: number) => {
    const [left, right] = [heap[a], heap[b]]
    if (left === undefined || right === undefined) return
    heap[a] = right
    heap[b] = left
  }
  return {
    get size() {
      return heap.length
    },
    push: (position, item) => {
      heap.push({ position, item })
      let index = heap.length - 1
      while (index > 0) {
        const parent = (index - 1) >> 1
        if (positionAt(parent) <= positionAt(index)) break
        swap(parent, index)
        index = parent
      }
    },
    first: () => heap[0],
    shift: () => {
      swap(0, heap.length - 1)
      const taken = heap.pop()
      let index = 0
      for (;;) {
        const left = 2 * index + 1
        const child = positionAt(left + 1) < positionAt(left) ? left + 1 : left
        if (positionAt(child) >= positionAt(index)) break
        swap(child, index)
        index = child
      }
      return taken?.item
    }
  }
}
