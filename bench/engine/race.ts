/**
 * One case, all entrants in turn: a few steps of one, a few of the next, several rounds, so that what slows the machine for
 * a while slows everybody. A turn in which other programs took much of the machine is run again, a bounded number of times.
 */
import { setTimeout } from "node:timers/promises"
import type { CaseSpec } from "./cases.ts"
import { Contender, type Entrant, type Setup } from "./contender.ts"
import { isQuiet, markLoad, othersSince } from "./machine-load.ts"

export interface RaceOptions {
  /** Turns of each entrant that count. */
  readonly rounds: number
  /** Aim for the length of a turn; it has at least two steps. */
  readonly turnMs: number
}

export interface Result {
  readonly entrant: string
  readonly setup: Setup
  /** Times of the steps that count. */
  readonly ms: ReadonlyArray<number>
  readonly javascriptMs: ReadonlyArray<number>
  /** The last value: the loss when training. */
  readonly value: number
  readonly stepsInAll: number
  /** While setting up and warming up, and from then on. */
  readonly peakMiB: { readonly setup: number; readonly running: number }
  /** The largest share of the processors that other programs had in a turn that counts; undefined when unknown. */
  readonly othersShare: number | undefined
}

export interface Race {
  readonly spec: CaseSpec
  readonly results: ReadonlyArray<Result>
}

interface Turn {
  readonly ms: ReadonlyArray<number>
  readonly javascriptMs: ReadonlyArray<number>
  readonly others: number | undefined
}

/** Threads of both runtimes spin for a while after their work; the next turn must not share the processors with them. */
const restMs = 50
const warmUpSteps = 4
const maxStepsATurn = 30
const attemptsARound = 3

/** @throws Error when an entrant fails, or when the networks differ in their number of parameters */
export const race = async (
  spec: CaseSpec,
  entrants: ReadonlyArray<Entrant>,
  { rounds, turnMs }: RaceOptions
): Promise<Race> => {
  const lanes: Array<Lane> = []
  try {
    for (const entrant of entrants) lanes.push(new Lane(new Contender(entrant)))
    for (const lane of lanes) await lane.warmUp(spec, turnMs)
    expectSameNetwork(lanes)
    for (let round = 0; round < rounds * attemptsARound; round++) {
      const running = lanes.filter((lane) => lane.quietTurns < rounds)
      if (running.length === 0) break
      // All run, so that all see the same moments; forwards and backwards, so that none always follows the same one.
      for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) await lane.turn()
    }
    const results: Array<Result> = []
    for (const lane of lanes) results.push(await lane.result(rounds))
    return { spec, results }
  } finally {
    await Promise.all(lanes.map((lane) => lane.contender.quit()))
  }
}

class Lane {
  readonly contender: Contender
  readonly #turns: Array<Turn> = []
  #setup: Setup | undefined
  #setupPeakMiB = 0
  #stepsATurn = 1
  #stepsInAll = 0
  #value = Number.NaN

  constructor(contender: Contender) {
    this.contender = contender
  }

  get setup(): Setup {
    if (this.#setup === undefined) throw new Error(`${this.contender.entrant.name} is not set up`)
    return this.#setup
  }

  get quietTurns(): number {
    return this.#turns.filter(({ others }) => isQuiet(others)).length
  }

  async warmUp(spec: CaseSpec, turnMs: number): Promise<void> {
    this.#setup = await this.contender.prepare(spec)
    const { ms } = await this.contender.steps(warmUpSteps)
    this.#stepsInAll += warmUpSteps
    this.#setupPeakMiB = await this.contender.peakMiB({ reset: true })
    const wanted = Math.round(turnMs / Math.min(...ms))
    this.#stepsATurn = Math.min(maxStepsATurn, Math.max(2, wanted))
  }

  async turn(): Promise<void> {
    await setTimeout(restMs)
    const pid = this.contender.pid ?? 0
    const from = markLoad(pid)
    const steps = await this.contender.steps(this.#stepsATurn)
    this.#turns.push({
      ms: steps.ms,
      javascriptMs: steps.javascriptMs ?? [],
      others: othersSince(from, pid)
    })
    this.#stepsInAll += this.#stepsATurn
    this.#value = steps.value
  }

  /** Of the quietest turns, as many as asked for. */
  async result(rounds: number): Promise<Result> {
    const counted = this.#turns
      .toSorted((a, b) => (a.others ?? 0) - (b.others ?? 0))
      .slice(0, rounds)
    const shares = counted.flatMap(({ others }) => (others === undefined ? [] : [others]))
    return {
      entrant: this.contender.entrant.name,
      setup: this.setup,
      ms: counted.flatMap(({ ms }) => ms),
      javascriptMs: counted.flatMap(({ javascriptMs }) => javascriptMs),
      value: this.#value,
      stepsInAll: this.#stepsInAll,
      peakMiB: {
        setup: this.#setupPeakMiB,
        running: await this.contender.peakMiB({ reset: false })
      },
      othersShare: shares.length === 0 ? undefined : Math.max(...shares)
    }
  }
}

const expectSameNetwork = (lanes: ReadonlyArray<Lane>): void => {
  const counts = new Map(lanes.map((lane) => [lane.contender.entrant.name, lane.setup.parameters]))
  if (new Set(counts.values()).size <= 1) return
  const list = [...counts].map(([name, count]) => `${name} ${count}`).join(", ")
  throw new Error(`the networks differ in their number of parameters: ${list}`)
}
