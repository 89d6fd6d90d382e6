import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { RunEvent } from "../../src/run/events.ts"
import { numberOf, type Pipeline, type Ran, valueOf } from "./lab.ts"
import { openLab } from "./open-lab.ts"

type Failed = RunEvent & { readonly _tag: "StageFailed" }
const failures = ({ events }: Ran): ReadonlyArray<Failed> =>
  events.filter((event): event is Failed => event._tag === "StageFailed")
const onlyFailure = (ran: Ran): Failed => {
  const [first, ...others] = failures(ran)
  assert.deepStrictEqual(others, [])
  assert.isDefined(first)
  return first
}
const failing = (how: string): Pipeline => ({ broken: { uses: "fail", with: { how } } })

describe("a stage that throws", () => {
  it("fails with the message and the hint of a user's mistake", async () => {
    const ran = await openLab().run(failing("user"))
    const failure = onlyFailure(ran)
    assert.strictEqual(failure.message, "the picture is upside down")
    assert.strictEqual(failure.hint, "turn it around")
    assert.deepStrictEqual(failure.lastLines, ["about to fail: user"])
    assert.strictEqual(ran.outcome.record.state, "failed")
    assert.deepStrictEqual(ran.outcome.record.counts, {
      total: 1,
      known: 0,
      ran: 0,
      failed: 1,
      skipped: 0
    })
  })

  it("has the stack of anything else in its log only", async () => {
    const failure = onlyFailure(await openLab().run(failing("bug")))
    assert.strictEqual(failure.message, "TypeError: undefined is not a picture")
    assert.match(failure.lastLines.join("\n"), /at .*run .*fail\.ts:\d+/)
  })

  it("is noticed outside of its promise, too", async () => {
    const failure = onlyFailure(await openLab().run(failing("later")))
    assert.strictEqual(failure.message, "RangeError: too late")
  })
})

describe("a worker that ends", () => {
  it("gets no other job after its last words", async () => {
    const fine = [0, 1, 2, 3, 4, 5].map(
      (value) => [`fine${value}`, { uses: "number", with: { value } }] as const
    )
    const pipeline: Pipeline = {
      broken: { uses: "fail", with: { how: "later" } },
      ...Object.fromEntries(fine)
    }
    const ran = await openLab().run(pipeline, { jobs: 1, keepGoing: true })
    assert.deepStrictEqual(
      failures(ran).map(({ id }) => id),
      ["broken"]
    )
    assert.strictEqual(ran.of("StageSucceeded").length, 6)
  })

  it("by a signal fails its stage only, and is replaced", async () => {
    const lab = openLab()
    const ran = await lab.run(
      {
        broken: { uses: "fail", with: { how: "SIGSEGV" } },
        killed: { uses: "fail", with: { how: "SIGKILL" } },
        fine: { uses: "number", with: { value: 1 } },
        also: { uses: "number", with: { value: 2 } }
      },
      { keepGoing: true, jobs: 1 }
    )
    const [crash, kill] = failures(ran)
    assert.strictEqual(crash?.id, "broken")
    assert.match(crash?.message ?? "", /the worker running fail crashed in native code \(SIGSEGV\)/)
    assert.match(
      kill?.message ?? "",
      /was killed \(SIGKILL\), as the system does when memory runs out/
    )
    assert.match(kill?.hint ?? "", /-j 1/)
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["fine", "also"])
  })

  it("by process.exit is a mistake of the stage", async () => {
    const failure = onlyFailure(await openLab().run(failing("exit")))
    assert.strictEqual(failure.message, "the worker running fail exited with code 7")
    assert.match(failure.hint ?? "", /must not end the process/)
  })

  it("for lack of memory says so", async () => {
    const failure = onlyFailure(
      await openLab().run(failing("memory"), { workerFlags: ["--max-old-space-size=48"] })
    )
    assert.strictEqual(failure.message, "the worker running fail ran out of memory")
    assert.match(readFileSync(failure.log, "utf8"), /heap out of memory/)
  })
})

describe("a time limit", () => {
  it("stops a stage that does not listen, and the run goes on", async () => {
    const ran = await openLab().run(
      {
        slow: {
          uses: "wait",
          with: {
            folder: mkdtempSync(join(tmpdir(), "ablate-wait-")),
            manner: "blocking",
            value: 1
          },
          resources: { timeMs: 100 }
        },
        fine: { uses: "number", with: { value: 1 } }
      },
      { keepGoing: true }
    )
    assert.strictEqual(onlyFailure(ran).message, "wait ran longer than its limit of 0.1 s")
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["fine"])
  })
})

describe("what a failure stops", () => {
  const pipeline: Pipeline = {
    broken: { uses: "fail", with: { how: "user" } },
    after: { uses: "sign", in: { number: "broken.number" } },
    last: { uses: "sign", in: { number: "after.number" } },
    apart: { uses: "number", with: { value: 5 } },
    beyond: { uses: "sign", in: { number: "apart.number" } }
  }

  it("is what needs it, and all that has not started", async () => {
    const ran = await openLab().run(pipeline, { jobs: 1 })
    assert.deepStrictEqual(ran.of("StageStarted"), ["broken"])
    const reasons = ran.events.flatMap((event) =>
      event._tag === "StageSkipped" ? [[event.id, event.because]] : []
    )
    assert.deepStrictEqual(reasons, [
      ["after", "broken failed"],
      ["last", "broken failed"],
      ["apart", "the run stopped after broken failed"],
      ["beyond", "the run stopped after broken failed"]
    ])
  })

  it("is only what needs it with --keep-going", async () => {
    const ran = await openLab().run(pipeline, { jobs: 1, keepGoing: true })
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["apart", "beyond"])
    assert.deepStrictEqual(ran.of("StageSkipped"), ["after", "last"])
    assert.deepStrictEqual(ran.outcome.record.counts, {
      total: 5,
      known: 0,
      ran: 2,
      failed: 1,
      skipped: 2
    })
    assert.deepStrictEqual(
      ran.outcome.manifest.instances.map(({ id, key }) => [id, key !== undefined]),
      [
        ["broken", true],
        ["after", false],
        ["last", false],
        ["apart", true],
        ["beyond", true]
      ]
    )
  })

  it("is not what runs already: it is finished and kept", async () => {
    const lab = openLab()
    const ran = await lab.run(
      {
        slow: { uses: "wait", with: { folder: lab.folder, manner: "stubborn", value: 3 } },
        broken: { uses: "fail", with: { how: "user" } },
        apart: { uses: "number", with: { value: 5 } }
      },
      {
        onEvent: (event) => {
          if (event._tag === "StageFailed") writeFileSync(join(lab.folder, "go"), "")
        }
      }
    )
    assert.deepStrictEqual(ran.of("StageSucceeded"), ["slow"])
    assert.deepStrictEqual(ran.of("StageSkipped"), ["apart"])
    assert.strictEqual(numberOf(lab, ran, "slow"), 3)
  })
})

describe("outputs that are not what was declared", () => {
  for (const [what, expected] of [
    ["type", "output image of wrong should be Image[4,4,3] in [0,1], not Metrics"],
    [
      "shape",
      "output image of wrong should be Image[4,4,3] in [0,1], not Image[5,4,3] in [0,1] (wrong shape)"
    ],
    [
      "range",
      "output image of wrong should be Image[4,4,3] in [0,1], not Image[4,4,3] in [-1,1] (wrong range)"
    ],
    ["missing", "wrong did not return its output image"],
    ["excess", 'wrong returned "mask", which is none of its outputs (image)'],
    ["no value", "output image of wrong is a number without a type, not a value"],
    ["nothing", "wrong returned undefined, not its outputs"]
  ] as const) {
    it(`are the stage's mistake: ${what}`, async () => {
      const failure = onlyFailure(await openLab().run({ w: { uses: "wrong", with: { what } } }))
      assert.strictEqual(failure.message, expected)
      assert.match(failure.hint ?? "", /a mistake in the stage wrong \(.*wrong\.ts\)/)
    })
  }

  it("do not fit what the check found out about this instance", async () => {
    const failure = onlyFailure(
      await openLab().run({
        m: { uses: "moody", outputs: { tensor: "Tensor[7]" } }
      })
    )
    assert.strictEqual(
      failure.message,
      "output tensor of moody should be Tensor[7], not Tensor[4] (wrong shape)"
    )
  })
})

describe("something that changes during a run", () => {
  it("is a source file: its stage fails, and nothing is kept", async () => {
    const lab = openLab()
    const file = join(lab.folder, "data.txt")
    writeFileSync(file, "before")
    const pipeline: Pipeline = {
      source: { uses: "source", with: { folder: lab.folder }, files: { file } }
    }
    const ran = await lab.run(pipeline, {
      onEvent: (event) => {
        if (event._tag !== "StageStarted") return
        writeFileSync(file, "afterwards")
        writeFileSync(join(lab.folder, "go"), "")
      }
    })
    assert.strictEqual(onlyFailure(ran).message, `${file} changed while the run was going`)
    const again = await lab.run(pipeline)
    assert.strictEqual(numberOf(lab, again, "source"), 10)
  })

  it("is the stage's own code", async () => {
    const lab = openLab()
    const pipeline: Pipeline = { a: { uses: "number", with: { value: 1 } } }
    let started = false
    const ran = await lab.run(pipeline, {
      codeUnchanged: () => !started,
      onEvent: (event) => {
        started ||= event._tag === "StageStarted"
      }
    })
    assert.match(onlyFailure(ran).message, /the code of number changed while a ran/)
    const second = await lab.run(pipeline, { codeUnchanged: () => false })
    assert.match(onlyFailure(second).message, /the code of number changed since the run began/)
    assert.deepStrictEqual(second.of("StageStarted"), [])
    const third = await lab.run(pipeline)
    assert.deepStrictEqual(third.of("StageSucceeded"), ["a"])
  })
})

it("keeps what a stage says in its log, and tells how far it is at most ten times a second", async () => {
  const lab = openLab()
  const ran = await lab.run({ chatty: { uses: "chatty", with: { steps: 5000 } } })
  const started = ran.events.find((event) => event._tag === "StageStarted")
  assert.isTrue(started?._tag === "StageStarted")
  const log = started?._tag === "StageStarted" ? readFileSync(started.log, "utf8") : ""
  assert.deepStrictEqual(log.trimEnd().split("\n").toSorted(), [
    "four: native",
    "one: log",
    "three: stderr",
    "two: console"
  ])
  const progress = ran.events.flatMap((event) => (event._tag === "StageProgress" ? [event] : []))
  assert.isAtLeast(progress.length, 2)
  assert.isAtMost(progress.length, 20)
  assert.deepInclude(progress.at(-1), { done: 5000, total: 5000, unit: "steps" })
})

it("gives stages an environment that does not depend on the user's", async () => {
  const lab = openLab()
  const before = { ...process.env }
  Object.assign(process.env, {
    TZ: "Asia/Kathmandu",
    LC_ALL: "tr_TR.UTF-8",
    OMP_NUM_THREADS: "3",
    VK_DRIVER_FILES: "/a/driver.json",
    ABLATE_ENGINE: "auto",
    ABLATE_TEST_VARIABLE: "passed on"
  })
  try {
    const workerVariables = { ABLATE_ENGINE: "cpu", ABLATE_THREADS: "2" }
    const ran = await lab.run(
      { chatty: { uses: "chatty", with: { steps: 1 } } },
      { workerVariables }
    )
    const value = valueOf(lab, ran, "chatty", "number")
    assert.strictEqual(value?.type, "Metrics")
    const [row] = value?.type === "Metrics" ? value.series : []
    assert.deepInclude(row, { TZ: "UTC", LANG: "C.UTF-8" })
    const names = String(row?.["names"]).split(" ")
    assert.includeMembers(names, ["ABLATE_TEST_VARIABLE", "VK_DRIVER_FILES", "ABLATE_THREADS"])
    assert.deepInclude(row, { engine: "cpu" })
    assert.notInclude(names, "OMP_NUM_THREADS")
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  }
})
