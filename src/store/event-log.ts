/**
 * The event log of a run, one JSON object a line.
 *
 * Lines gather in memory for at most a tenth of a second, since a large pipeline has thousands of them in its first
 * instant. They are written when the process exits, too; kill -9 loses the last tenth of a second.
 */
import { closeSync, openSync, writeSync } from "node:fs"

export interface EventLog {
  /** Never throws: a full disk is reported by `close`, not from inside a stage's callback. */
  readonly append: (event: object) => void
  /** Writes what is left. Throws the system's error when that, or an earlier write, has failed for good. */
  readonly close: () => void
}

const flushMs = 100

const openLogs = new Set<{ readonly flush: () => void }>()
const flushAll = () => {
  for (const log of openLogs) log.flush()
}

export const openEventLog = (path: string): EventLog => {
  const file = openSync(path, "w", 0o644)
  const pending: Array<string> = []
  let unwritten = new Uint8Array()
  let offset = 0
  let timer: NodeJS.Timeout | undefined
  let failure: unknown
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    unwritten = Buffer.concat([unwritten, Buffer.from(pending.splice(0).join(""), "utf8")])
    try {
      // At explicit offsets: what a full disk cut off is written again from where it broke off, not appended to half a line.
      while (unwritten.byteLength > 0) {
        const written = writeSync(file, unwritten, 0, unwritten.byteLength, offset)
        offset += written
        unwritten = unwritten.subarray(written)
      }
      failure = undefined
    } catch (error) {
      failure = error
    }
  }
  const log = { flush }
  if (openLogs.size === 0) process.on("exit", flushAll)
  openLogs.add(log)
  return {
    append: (event) => {
      pending.push(`${JSON.stringify(event)}\n`)
      timer ??= setTimeout(flush, flushMs).unref()
    },
    close: () => {
      if (!openLogs.delete(log)) return
      if (openLogs.size === 0) process.off("exit", flushAll)
      flush()
      closeSync(file)
      if (failure !== undefined) throw failure
    }
  }
}
