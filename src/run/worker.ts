/**
 * The worker process: takes jobs over Node's IPC channel, one at a time, and lives until the driver hangs up.
 *
 * It never writes to the terminal: what a stage prints goes to the stage's log. SIGINT is left to the driver (Ctrl-C
 * reaches the whole process group); SIGTERM has its default effect, so that it ends a stage that never yields.
 */
import { appendFileSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { inspect } from "node:util"
import { Worker } from "node:worker_threads"
import { UserError } from "../base/user-error.ts"
import { openStore } from "../store/store.ts"
import type { FromWorker, Job, JobFailed, Progress, ToWorker } from "./protocol.ts"
import { runJob } from "./stage-job.ts"

const [driver, storeRoot = "", outputRoot = storeRoot] = process.argv.slice(2)
const store = openStore(storeRoot)
const outputStore = outputRoot === storeRoot ? store : openStore(outputRoot)

let current:
  | { readonly job: Job; readonly abort: AbortController; readonly startedAt: number }
  | undefined

const send = (message: FromWorker) => process.send?.(message)

const start = async (job: Job) => {
  const abort = new AbortController()
  current = { job, abort, startedAt: performance.now() }
  let reply: FromWorker
  try {
    reply = await runJob(job, {
      store,
      outputStore,
      progress: throttled((progress) => send({ _tag: "Progress", ...progress })),
      log: (line) => writeLog(`${line}\n`),
      signal: abort.signal
    })
  } catch (error) {
    reply = failure(error)
  }
  current = undefined
  send(reply)
  if (!cacheFlushed) {
    cacheFlushed = true
    flushCompileCache()
  }
}

/** A worker may be killed later; the next run's workers start faster when what is compiled by now is kept. */
let cacheFlushed = false

/** A `UserError` says what to do; anything else is a bug of the stage, whose stack belongs in the log. */
const failure = (error: unknown): JobFailed => {
  const seconds = (performance.now() - (current?.startedAt ?? performance.now())) / 1000
  if (error instanceof UserError) {
    return {
      _tag: "Failed",
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      seconds
    }
  }
  try {
    writeLog(`${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`)
  } catch {
    // The disk may be what is wrong; the message below still reaches the driver.
  }
  return {
    _tag: "Failed",
    message: error instanceof Error ? `${error.name}: ${error.message}` : `threw ${inspect(error)}`,
    seconds
  }
}

const writeLog = (text: string | Uint8Array) => {
  if (current !== undefined) appendFileSync(current.job.log, text)
}

/** At most ten reports a second, and the last of a count. */
const throttled = (report: (progress: Progress) => void): ((progress: Progress) => void) => {
  let last = Number.NEGATIVE_INFINITY
  let complete = false
  return (progress) => {
    const now = performance.now()
    const completes = progress.done >= progress.total && !complete
    complete = progress.done >= progress.total
    if (now - last < 100 && !completes) return
    last = now
    report(progress)
  }
}

for (const stream of [process.stdout, process.stderr]) {
  const original = stream.write.bind(stream)
  const write = (chunk: string | Uint8Array, ...rest: ReadonlyArray<unknown>): boolean => {
    if (current === undefined) return original(chunk)
    writeLog(chunk)
    const done = rest.find((argument) => typeof argument === "function")
    if (done !== undefined) process.nextTick(done)
    return true
  }
  stream.write = write
}

/** After something was thrown outside of the stage's promise, the state of this process is anyone's guess. */
const giveUp = (error: unknown) => {
  if (current === undefined) throw error
  process.send?.({ ...failure(error), last: true } satisfies FromWorker, () => process.exit(1))
}

process.on("message", (message: ToWorker) => {
  if (message._tag === "Run") void start(message.job)
  else current?.abort.abort()
})
process.on("disconnect", () => process.exit(0))
process.on("SIGINT", () => {})
process.on("uncaughtException", giveUp)
process.on("unhandledRejection", giveUp)

/** A stage that computes without a pause does not notice that the driver died; a thread beside it does. */
new Worker(
  `const { workerData: driver } = require("node:worker_threads")
   const never = new Int32Array(new SharedArrayBuffer(4))
   for (;;) {
     Atomics.wait(never, 0, 0, 500)
     if (process.ppid !== driver) process.kill(process.pid, "SIGKILL")
   }`,
  { eval: true, workerData: Number(driver), execArgv: [] }
).unref()
