/** What tells workers which engine to use, and with how many threads. */
import { threadsForEach, threadsVariable } from "../engine/provider/cores.ts"
import { engineVariable } from "../engine/provider/here.ts"
import type { OpenedPipeline } from "./pipeline.ts"

/**
 * @param stages how many there are to run: when they are fewer than jobs, each gets more of the cores
 * @throws UserError when the engine that was asked for cannot be used, or `ABLATE_THREADS` is no number
 */
export const workerVariables = (
  { planContext, project }: Pick<OpenedPipeline, "planContext" | "project">,
  stages: number
): Readonly<Record<string, string>> => {
  const computesTensors = [...planContext.code.values()].some(({ tensors }) => tensors)
  return {
    ...(computesTensors ? { [engineVariable]: project.engine.chosen().name } : {}),
    [threadsVariable]: String(threadsForEach(Math.min(project.jobs, stages)))
  }
}
