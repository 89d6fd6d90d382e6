/** One worker process, seen from the driver: jobs in, replies out, and what became of it when it ends early. */
import { fork } from "node:child_process"
import { appendFileSync } from "node:fs"
import { deviceEnvironment } from "../engine/provider/device-environment.ts"
import { describeCrash } from "./crash.ts"
import { type Deadline, setDeadline } from "./deadline.ts"
import type { FromWorker, Job, JobDone, JobFailed, Progress, ToWorker } from "./protocol.ts"

export interface WorkerOptions {
  readonly storeRoot: string
  /** Where outputs go, when that is not the store that the inputs come from. */
  readonly outputRoot?: string
  /** Where Node keeps what it compiled, for a faster start. */
  readonly compileCache: string
  /** Environment variables beside those that every worker has: which engine computes, and with how many threads. */
  readonly variables?: Readonly<Record<string, string>>
  /** Node's own flags, such as `--max-old-space-size=4096`. */
  readonly flags?: ReadonlyArray<string>
}

export interface JobListener {
  readonly progress: (progress: Progress) => void
  /** Called once, also when the process ends without a word. */
  readonly settled: (reply: JobDone | JobFailed) => void
}

export interface WorkerProcess {
  readonly number: number
  /** Whether it may be given a job. */
  readonly idle: () => boolean
  readonly run: (job: Job, listener: JobListener) => void
  /** Asks the stage to stop; one that never looks at its signal goes on. */
  readonly abort: () => void
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void
  /** Lets an idle process end by itself. */
  readonly hangUp: () => void
  readonly ended: Promise<void>
}

/**
 * The environment of a stage: what says where things are, and nothing that could change what a stage computes (time zone,
 * language, NODE_OPTIONS, other libraries' thread counts). `ABLATE_...` is the way to hand something on.
 */
const environment = ({ compileCache, variables }: WorkerOptions): NodeJS.ProcessEnv => {
  const ours = Object.entries(process.env).filter(
    ([name]) => name.startsWith("ABLATE_") || toTheNetwork.has(name.toUpperCase())
  )
  return {
    ...deviceEnvironment(process.env),
    ...Object.fromEntries(ours),
    ...variables,
    // Node asks for it before it uses a proxy; without one it changes nothing.
    NODE_USE_ENV_PROXY: "1",
    TZ: "UTC",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    NODE_COMPILE_CACHE: compileCache
  }
}

/** How data sets that have to be downloaded are reached. */
const toTheNetwork = new Set(["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS"])

/** This module is `.ts` in a checkout and `.js` in an installed package; the worker's is then the same. */
const workerModule = new URL(
  import.meta.url.endsWith(".js") ? "./worker.js" : "./worker.ts",
  import.meta.url
)

/** Enough for the heap statistics that V8 prints before "heap out of memory". */
const keptStderr = 16_384

export const startWorker = (number: number, options: WorkerOptions): WorkerProcess => {
  const child = fork(
    workerModule,
    [
      String(process.pid),
      options.storeRoot,
      ...(options.outputRoot === undefined ? [] : [options.outputRoot])
    ],
    {
      serialization: "advanced",
      execArgv: [...(options.flags ?? [])],
      env: environment(options),
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    }
  )
  let job:
    | {
        readonly job: Job
        readonly listener: JobListener
        readonly startedAt: number
        readonly deadline: Deadline
      }
    | undefined
  let over = false
  /** It has said its last words, but has not ended yet. */
  let leaving = false
  let stderr = ""
  let spawnError: Error | undefined
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>()

  const settle = (reply: JobDone | JobFailed) => {
    const settled = job
    job = undefined
    stderr = ""
    settled?.listener.settled(settled.deadline.passed(reply))
  }
  // What native code writes past the worker's own streams; what it says before it dies comes this way.
  const onOutput = (chunk: Buffer) => {
    if (job === undefined) return
    try {
      appendFileSync(job.job.log, chunk)
    } catch (error) {
      stderr += `(the log cannot be written: ${String(error)})\n`
    }
  }
  child.stdout?.on("data", onOutput)
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(-keptStderr)
    onOutput(chunk)
  })
  child.on("message", (message: FromWorker) => {
    // Its stage may still come to an end: by then that job has failed.
    if (leaving) return
    if (message._tag === "Progress") return job?.listener.progress(message)
    leaving = message._tag === "Failed" && message.last === true
    settle(message)
  })
  const finish = (code: number | null, signal: NodeJS.Signals | null) => {
    if (over) return
    over = true
    if (job !== undefined) {
      const error = spawnError === undefined ? {} : { error: spawnError }
      settle({
        _tag: "Failed",
        ...describeCrash(job.job.uses, { code, signal, stderr, ...error }),
        seconds: (performance.now() - job.startedAt) / 1000
      })
    }
    resolveEnded()
  }
  // Its last words may come after "exit"; "close" would be the event for that, but it never comes once this side hung up.
  let exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined
  let openStreams = 0
  const finishWhenSilent = () => {
    if (exit !== undefined && openStreams === 0) finish(exit.code, exit.signal)
  }
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    openStreams += 1
    stream.on("close", () => {
      openStreams -= 1
      finishWhenSilent()
    })
  }
  child.on("exit", (code, signal) => {
    exit = { code, signal }
    finishWhenSilent()
  })
  child.on("error", (error) => {
    spawnError = error
    if (child.pid === undefined) finish(null, null)
  })
  const send = (message: ToWorker) => {
    // A process that is already gone is reported by "exit".
    if (child.connected) child.send(message, () => {})
  }
  return {
    number,
    idle: () => job === undefined && !over && !leaving && child.connected,
    run: (next, listener) => {
      if (job !== undefined) throw new Error(`worker ${number} is busy with ${job.job.id}`)
      const deadline = setDeadline(next.uses, next.timeMs, {
        ask: () => send({ _tag: "Abort" }),
        force: () => void child.kill("SIGKILL")
      })
      job = { job: next, listener, startedAt: performance.now(), deadline }
      send({ _tag: "Run", job: next })
    },
    abort: () => send({ _tag: "Abort" }),
    kill: (signal) => {
      if (!over) child.kill(signal)
    },
    hangUp: () => {
      if (child.connected) child.disconnect()
    },
    ended
  }
}
