/** What tells workers which engine to use, with how many threads, and where the project is. */
import { threadsForEach, threadsVariable } from "../engine/provider/cores.ts"
import { engineVariable } from "../engine/provider/here.ts"
import { projectVariable } from "../data/search-path.ts"
import type { OpenedPipeline } from "./pipeline.ts"

/**
 * @param atOnce how many stages there are to run at once: when they are fewer than jobs, each gets more of the cores
 * @throws UserError when the engine that was asked for cannot be used, or `ABLATE_THREADS` is no number
 */
export const workerVariables = (
  { planContext, project }: Pick<OpenedPipeline, "planContext" | "project">,
  atOnce: number
): Readonly<Record<string, string>> => {
  const computesTensors = [...planContext.code.values()].some(({ tensors }) => tensors)
  return {
    ...(computesTensors ? { [engineVariable]: project.engine.chosen().name } : {}),
    [projectVariable]: project.root,
    [threadsVariable]: String(threadsForEach(Math.min(project.jobs, atOnce)))
  }
}

/**
 * The share of `jobs` that a stage takes which computes tensors with that many threads: more threads than cores would be
 * slower than one. Whoever says how many threads a stage has wants as many stages as jobs.
 */
export const coresEach = (jobs: number, atOnce: number, env = process.env): number =>
  (env[threadsVariable] ?? "") === "" ? Math.max(1, Math.floor(jobs / Math.max(1, atOnce))) : 1
