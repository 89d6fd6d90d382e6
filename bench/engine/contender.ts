/**
 * One side of the race: a process of its own, so that its memory and its threads are its own, asked in lines of JSON.
 * `bench/torch/peer.py` and `serve.ts` speak the same lines.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { CaseSpec } from "./cases.ts"

export interface Entrant {
  readonly name: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  /** Sent along with what is to be prepared. */
  readonly settings: Readonly<Record<string, unknown>>
}

export interface Setup {
  readonly parameters: number
  /** Versions and processor features in use. */
  readonly about: string
  readonly setupMs: number
  /** Ours, when its engine tells: recording the step once, and making it a session. */
  readonly tracingMs?: number
  readonly sessionMs?: number
  /** Of a whole training: what an epoch takes beside its steps, with its checkpoint. */
  readonly epochMs?: number
}

export interface Steps {
  /** One for each step. */
  readonly ms: ReadonlyArray<number>
  /** Ours, when its engine tells: the part of each step that is JavaScript. */
  readonly javascriptMs?: ReadonlyArray<number>
  /** The last step's loss, or an element of its output. */
  readonly value: number
}

export class Contender {
  readonly entrant: Entrant
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>
  #complaints = ""

  constructor(entrant: Entrant) {
    this.entrant = entrant
    this.#process = spawn(entrant.command, entrant.args, {
      env: { ...process.env, ...entrant.env },
      stdio: ["pipe", "pipe", "pipe"]
    })
    // A process that cannot be started or ends early shows as an end of its answers, below.
    this.#process.on("error", (error) => (this.#complaints += `${error.message}\n`))
    this.#process.stdin!.on("error", () => {})
    this.#process.stderr!.on("data", (text) => (this.#complaints += String(text)))
    const lines = createInterface({ input: this.#process.stdout! })
    this.#answers = lines[Symbol.asyncIterator]()
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  prepare({ batch, model, task, width }: CaseSpec): Promise<Setup> {
    const { settings } = this.entrant
    return this.#ask<Setup>({ do: "prepare", model, task, width, batch, ...settings })
  }

  /** @throws Error when the steps end in NaN or infinity: a broken computation is not worth timing */
  async steps(count: number): Promise<Steps> {
    const steps = await this.#ask<Steps>({ do: "step", count })
    if (Number.isFinite(steps.value)) return steps
    throw new Error(`${this.entrant.name} computed ${steps.value}`)
  }

  /** Largest resident set in MiB since the start, or since the last call with `reset` (on Linux). */
  async peakMiB({ reset }: { readonly reset: boolean }): Promise<number> {
    return (await this.#ask<{ readonly peakMiB: number }>({ do: "memory", reset })).peakMiB
  }

  async quit(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, "close")
    this.#process.stdin!.end(`${JSON.stringify({ do: "quit" })}\n`)
    await ended
  }

  async #ask<Answer>(request: object): Promise<Answer> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`)
    const { done, value } = await this.#answers.next()
    const lost = `ended without an answer:\n${this.#complaints.slice(-2000)}`
    const answer = done ? { error: lost } : (JSON.parse(value) as { readonly error?: string })
    if (answer.error === undefined) return answer as Answer
    throw new Error(`${this.entrant.name}, asked ${JSON.stringify(request)}: ${answer.error}`)
  }
}
