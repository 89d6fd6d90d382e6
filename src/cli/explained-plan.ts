/** A plan with causes and expected times, which the index of past runs knows. */
import { planPipeline } from "../plan/decide.ts"
import { explain } from "../plan/explain.ts"
import type { Plan } from "../plan/plan.ts"
import { openIndex } from "../store/index-db.ts"
import type { OpenedPipeline } from "./pipeline.ts"

export const explainedPlan = async (
  { pipeline, planContext }: OpenedPipeline,
  selection?: ReadonlySet<string>
): Promise<Plan> => {
  const index = openIndex(planContext.store)
  try {
    return explain(planPipeline(pipeline, planContext, selection), pipeline, planContext, index)
  } finally {
    index.close()
  }
}
