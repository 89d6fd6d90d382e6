/** What to tell about a worker process that ended in the middle of a stage. */
import { constants } from "node:os"

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of what it wrote to its standard error. */
  readonly stderr: string
  /** Why it could not even start. */
  readonly error?: Error
}

export interface CrashMessage {
  readonly message: string
  readonly hint: string
}

const lessMemory = "run with fewer workers (-j 1), or give the stage smaller inputs"

export const describeCrash = (uses: string, ending: Ending): CrashMessage => {
  if (ending.error !== undefined) {
    return {
      message: `no worker process could be started for ${uses}: ${ending.error.message}`,
      hint: "check the limits on processes and memory (`ulimit -a`), or run with -j 1"
    }
  }
  if (/heap out of memory|Array buffer allocation failed/i.test(ending.stderr)) {
    return { message: `the worker running ${uses} ran out of memory`, hint: lessMemory }
  }
  const signal = ending.signal ?? signalOf(ending.code)
  if (signal === "SIGKILL") {
    return {
      message: `the worker running ${uses} was killed (SIGKILL), as the system does when memory runs out`,
      hint: lessMemory
    }
  }
  if (signal !== undefined) {
    const native = ["SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE", "SIGTRAP"].includes(signal)
    return native
      ? {
          message: `the worker running ${uses} crashed in native code (${signal})`,
          hint: "run again; if it crashes again, a native package that the stage uses is at fault: see its log"
        }
      : { message: `the worker running ${uses} was ended by ${signal}`, hint: "run again" }
  }
  return {
    message: `the worker running ${uses} exited with code ${ending.code}`,
    hint: "a stage reports a failure by throwing; it must not end the process"
  }
}

/** A shell in between reports a signal as 128 + its number. */
const signalOf = (code: number | null): string | undefined =>
  code === null || code <= 128
    ? undefined
    : Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0]
