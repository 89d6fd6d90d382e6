/** Processes of a run that are to be killed. */
import { readFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"

/** The direct children of a process: the workers of a driver. */
export const childrenOf = (pid: number): ReadonlyArray<number> => {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim()
    return text === "" ? [] : text.split(" ").map(Number)
  } catch {
    return []
  }
}

export const kill = (pid: number) => {
  try {
    process.kill(pid, "SIGKILL")
    return true
  } catch {
    return false // it ended by itself a moment ago
  }
}

const alive = (pid: number): boolean => {
  try {
    // A zombie waits for init to reap it and does nothing any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** Workers of a dead driver end by themselves, within seconds. */
export const ended = async (workers: ReadonlyArray<number>): Promise<void> => {
  for (let waits = 0; workers.some(alive); waits++) {
    if (waits === 100) throw new Error(`workers of a killed driver live on: ${workers.join(", ")}`)
    await setTimeout(50)
  }
}
