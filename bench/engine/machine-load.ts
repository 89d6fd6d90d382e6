/** Who else used the processors while something was measured (Linux only). */
import { readFileSync } from "node:fs"
import { cpus } from "node:os"

export interface LoadMark {
  readonly atMs: number
  /** Processor time in ms of all programs, and of the one that is measured. */
  readonly allMs: number
  readonly ownMs: number
}

/** Linux counts processor time in hundredths of a second for all programs that ask. */
const msPerTick = 10

/** Undefined where `/proc` does not tell. */
export const markLoad = (pid: number): LoadMark | undefined => {
  try {
    const [user, nice, system, , , irq, softirq, steal] = numbers(
      readFileSync("/proc/stat", "utf8")
        .split("\n", 1)[0]!
        .replace(/^cpu\s+/, "")
    )
    const all = [user, nice, system, irq, softirq, steal].reduce<number>(
      (total, ticks) => total + (ticks ?? 0),
      0
    )
    // The name in brackets may hold spaces; user and system time are the 12th and 13th fields behind it.
    const own = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")
    const [ownUser = 0, ownSystem = 0] = numbers(own.split(" ").slice(11, 13).join(" "))
    return {
      atMs: performance.now(),
      allMs: all * msPerTick,
      ownMs: (ownUser + ownSystem) * msPerTick
    }
  } catch {
    return undefined
  }
}

/**
 * Share of the processors that other programs (or, under a hypervisor, other machines) took since a mark, 0 to 1.
 * Undefined where that is not known.
 */
export const othersSince = (from: LoadMark | undefined, pid: number): number | undefined => {
  const to = markLoad(pid)
  if (from === undefined || to === undefined) return undefined
  const others = to.allMs - from.allMs - (to.ownMs - from.ownMs)
  return Math.min(1, Math.max(0, others / ((to.atMs - from.atMs) * processors)))
}

const processors = cpus().length

/** Whether so small a share leaves the times as they would be without the others. */
export const isQuiet = (others: number | undefined): boolean =>
  others === undefined || others < 0.05

const numbers = (text: string): ReadonlyArray<number> => text.trim().split(/\s+/).map(Number)
