/** Runs `run/reproduce.ts` on what a plan finds known, and says stage by stage what came of it. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { UserError } from "../../base/user-error.ts"
import { planPipeline } from "../../plan/decide.ts"
import { reproduce, type Reproduction } from "../../run/reproduce.ts"
import type { CommandContext } from "../command.ts"
import { count, list } from "../format.ts"
import { openPipeline, selectionOf } from "../pipeline.ts"
import { catchSignals } from "../signals.ts"
import { workerVariables } from "../worker-variables.ts"
import { printReproduction, printTotals } from "./print.ts"

/** @returns 1 when something differs or fails, 128 and the signal's number when interrupted */
export const reproducePipeline = async (context: CommandContext): Promise<number> => {
  const { err, json, out, quiet } = context
  const opened = await openPipeline(context)
  const { pipeline, planContext, project } = opened
  const selection = await selectionOf(context, opened)
  const { decisions } = planPipeline(pipeline, planContext, selection)
  opened.saveDigests()
  const known = decisions.filter((decision) => decision.state === "known")
  const unknown = decisions
    .filter(({ state }) => state !== "known")
    .map(({ instance }) => instance.id)
  if (known.length === 0) {
    throw new UserError(
      `no result of ${pipeline.name} is in the store, so there is nothing to compare with`,
      {
        hint: `\`ablate run ${pipeline.file}\` makes them`,
        exitCode: 1
      }
    )
  }
  if (unknown.length > 0 && !json && !quiet) {
    err.line(`left out, since they have no result yet: ${list(unknown, 6)}`)
  }
  const width = known.reduce((most, { instance }) => Math.max(most, instance.id.length), 0)
  let done = 0
  const finished = (reproduction: Reproduction) => {
    done++
    if (json) return
    if (err.interactive) err.write(clearLine)
    if (!quiet || reproduction.state !== "same") printReproduction(reproduction, width, context)
    if (err.interactive && !quiet && done < known.length) {
      err.write(err.style.dim(`${done} of ${count(known.length, "stage")}`))
    }
  }
  const work = reproduce(
    {
      store: planContext.store,
      registry: project.registry,
      instances: known.map(({ instance, key }) => ({ instance, key })),
      jobs: project.jobs,
      workerVariables: workerVariables(opened, known.length)
    },
    finished
  )
  const signals = catchSignals(() => {})
  try {
    const exit = await Effect.runPromiseExit(work, { signal: signals.gently })
    if (signals.gently.aborted) {
      if (!quiet)
        err.line(
          `${err.interactive ? clearLine : ""}stopped after ${done} of ${count(known.length, "stage")}`
        )
      return signals.exitCode()
    }
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    const reproductions = exit.value
    if (json) {
      context.printJson({
        pipeline: pipeline.name,
        file: pipeline.file,
        stages: reproductions,
        unknown
      })
    } else if (!quiet) printTotals(reproductions, out)
    return reproductions.every(({ state }) => state === "same") ? 0 : 1
  } finally {
    signals.release()
  }
}

const clearLine = "\r\u001B[K"
