import { expect, it } from "vitest"
import { planPipeline } from "../../src/plan/decide.ts"
import { explain } from "../../src/plan/explain.ts"
import { totals } from "../../src/plan/totals.ts"
import { contextOf, historyOf, pipelineOf, pretendRun } from "./small-pipeline.ts"
import { temporaryProject } from "./temporary-project.ts"

it("totals count states and causes, and estimate work, critical path and time with several jobs", async () => {
  const context = contextOf(temporaryProject({}).store)
  const stages = (n: number) => ({
    known: {},
    a: { params: { n } },
    b: { in: { text: "a.out" } },
    c: { in: { text: "a.out" }, params: { n } },
    d: { in: { texts: ["b.out", "c.out", "known.out"] } },
    fresh: { params: { fresh: true } }
  })
  const before = pipelineOf({ ...stages(1), fresh: {} })
  const { keys } = await pretendRun(before, context)
  keys.forEach((_, id, map) => void (id === "fresh" && (map as Map<string, unknown>).delete(id)))
  const after = pipelineOf(stages(2))
  const history = historyOf(keys, { known: 100, a: 1, b: 2, c: 4, d: 8 })
  const plan = explain(planPipeline(after, context), after, context, history)
  expect(totals(plan, 2)).toEqual({
    instances: 6,
    known: 1,
    run: 2,
    depends: 3,
    causes: [
      { kind: "parameter", count: 2 },
      { kind: "new", count: 1 }
    ],
    expected: { workSeconds: 15, criticalPathSeconds: 13, wallSeconds: 13, unknown: 1 }
  })
  expect(totals(plan).expected.wallSeconds).toBe(15)
})
