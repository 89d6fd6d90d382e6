import { fork } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { RunEvent } from "../../src/run/events.ts"
import { type Lab, labIn, type Overrides, type Pipeline } from "./lab.ts"
import { openLab } from "./open-lab.ts"

const waiting = (lab: Lab, manner: string): Pipeline => ({
  slow: { uses: "wait", with: { folder: lab.folder, manner, value: 4 } },
  after: { uses: "sign", in: { number: "slow.number" } }
})

const until = async (what: () => boolean) => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5))
}
const workerOf = (lab: Lab): number | undefined => {
  const name = readdirSync(lab.folder).find((name) => name.startsWith("started-"))
  return name === undefined ? undefined : Number(name.slice("started-".length))
}
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))

/** Starts the run, interrupts it when the slow stage has begun, and waits for the end. */
const interrupt = async (lab: Lab, manner: string, overrides: Overrides, meanwhile = () => {}) => {
  const events: Array<RunEvent> = []
  const fiber = Effect.runFork(
    lab.program(waiting(lab, manner), { ...overrides, onEvent: (event) => events.push(event) })
  )
  await until(() => workerOf(lab) !== undefined)
  const startedAt = performance.now()
  const interrupted = Effect.runPromise(Fiber.interrupt(fiber))
  meanwhile()
  await interrupted
  const exit = await Effect.runPromise(Fiber.await(fiber))
  assert.isTrue(Exit.hasInterrupts(exit))
  return { events, ms: performance.now() - startedAt }
}

const assertNothingLeft = (lab: Lab) => {
  const pid = workerOf(lab)
  assert.isDefined(pid)
  assert.isFalse(isAlive(pid), "the worker is gone")
  assert.deepStrictEqual(readdirSync(join(lab.storeRoot, "claims")), [])
  assert.deepStrictEqual(readdirSync(join(lab.storeRoot, "tmp")), [])
  const { store } = lab.options({})
  const [run, ...others] = store.runs.list()
  assert.deepStrictEqual(others, [])
  assert.strictEqual(
    JSON.parse(readFileSync(join(store.runs.folder(run!.name), "run.json"), "utf8")).state,
    "interrupted"
  )
  return run!
}

describe("an interrupted run", () => {
  it("asks its stages to stop, and leaves nothing behind", async () => {
    const lab = openLab()
    const { events, ms } = await interrupt(lab, "obedient", {})
    assert.isBelow(ms, 4000)
    assert.deepStrictEqual(
      events.map((event) => event._tag),
      ["RunStarted", "StageStarted", "StageSkipped", "StageSkipped", "RunFinished"]
    )
    assert.deepInclude(events.at(-1), { state: "interrupted" })
    const run = assertNothingLeft(lab)
    assert.deepStrictEqual(run.counts, { total: 2, known: 0, ran: 0, failed: 0, skipped: 2 })
  })

  it("keeps what a stage finishes after it was asked to stop", async () => {
    const lab = openLab()
    const { events } = await interrupt(lab, "tidy", {})
    assert.deepStrictEqual(
      events.map((event) => event._tag),
      ["RunStarted", "StageStarted", "StageSucceeded", "StageSkipped", "RunFinished"]
    )
    assertNothingLeft(lab)
    writeFileSync(join(lab.folder, "go"), "")
    const again = await lab.run(waiting(lab, "tidy"))
    assert.deepStrictEqual(again.of("StageStarted"), ["after"])
  })

  for (const manner of ["stubborn", "blocking"]) {
    it(`kills a ${manner} stage after the grace`, async () => {
      const lab = openLab()
      const { ms } = await interrupt(lab, manner, { grace: { abortMs: 300, terminateMs: 300 } })
      assert.isAtLeast(ms, 290)
      assert.isBelow(ms, 4000)
      assertNothingLeft(lab)
    })
  }

  it("kills at once when the user asks twice", async () => {
    const lab = openLab()
    const twice = Deferred.makeUnsafe<void>()
    const { ms } = await interrupt(
      lab,
      "blocking",
      { grace: { abortMs: 60_000, terminateMs: 60_000 }, killNow: Deferred.await(twice) },
      () => Effect.runSync(Deferred.succeed(twice, undefined))
    )
    assert.isBelow(ms, 4000)
    assertNothingLeft(lab)
  })

  it("goes on where it stopped", async () => {
    const lab = openLab()
    await interrupt(lab, "obedient", {})
    writeFileSync(join(lab.folder, "go"), "")
    const again = await lab.run(waiting(lab, "obedient"))
    assert.deepStrictEqual(again.of("StageSucceeded"), ["slow", "after"])
  })
})

describe("two drivers on one store", () => {
  const drive = (lab: Lab, pipeline: Pipeline) => {
    const events: Array<RunEvent> = []
    const done = labIn(lab.folder).run(pipeline, { onEvent: (event) => events.push(event) })
    return { events, done }
  }
  const has = (events: ReadonlyArray<RunEvent>, tag: RunEvent["_tag"]) =>
    events.some((event) => event._tag === tag)

  it("compute a common action once, and an awaiting stage takes no slot", async () => {
    const lab = openLab()
    const pipeline = waiting(lab, "stubborn")
    const first = drive(lab, pipeline)
    await until(() => workerOf(lab) !== undefined)
    const second = drive(lab, { ...pipeline, apart: { uses: "number", with: { value: 9 } } })
    await until(() => has(second.events, "StageSucceeded"))
    assert.isTrue(has(second.events, "StageAwaited"))
    writeFileSync(join(lab.folder, "go"), "")
    const [one, two] = await Promise.all([first.done, second.done])
    assert.deepStrictEqual(one.of("StageSucceeded"), ["slow", "after"])
    assert.deepStrictEqual(two.of("StageSucceeded")[0], "apart")
    assert.include(two.of("StageKnown"), "slow")
    assert.deepStrictEqual(
      one.outcome.manifest.instances,
      two.outcome.manifest.instances.filter(({ id }) => id !== "apart")
    )
  })

  it("go on when the other one gives up", async () => {
    const lab = openLab()
    const pipeline = waiting(lab, "obedient")
    const first = Effect.runFork(lab.program(pipeline))
    await until(() => workerOf(lab) !== undefined)
    const second = drive(lab, pipeline)
    await until(() => has(second.events, "StageAwaited"))
    await Effect.runPromise(Fiber.interrupt(first))
    writeFileSync(join(lab.folder, "go"), "")
    const ran = await second.done
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["slow", "after"])
  })

  it("notice that the other one was killed, and so do its workers", async () => {
    const lab = openLab()
    const other = fork(new URL("./second-driver.ts", import.meta.url), [lab.folder], {
      execArgv: []
    })
    await until(() => workerOf(lab) !== undefined)
    const orphan = workerOf(lab)!
    const pipeline: Pipeline = {
      slow: { uses: "wait", with: { folder: lab.folder, manner: "blocking", value: 4 } }
    }
    const second = drive(lab, pipeline)
    await until(() => has(second.events, "StageAwaited"))
    const awaited = second.events.find((event) => event._tag === "StageAwaited")
    assert.deepInclude(awaited, { holder: `process ${other.pid}` })
    other.kill("SIGKILL")
    await until(() => has(second.events, "StageStarted") && !isAlive(orphan))
    writeFileSync(join(lab.folder, "go"), "")
    const ran = await second.done
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["slow"])
    assert.deepStrictEqual(readdirSync(join(lab.storeRoot, "claims")), [])
  })
})
