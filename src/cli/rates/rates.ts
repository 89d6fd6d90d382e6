/** `ablate show --rates`: the learning rates of a pipeline's trainings, read off their epochs before any of them runs. */
import { UserError } from "../../base/user-error.ts"
import type { CheckedPipeline } from "../../language/pipeline.ts"
import type { CommandContext } from "../command.ts"
import { openPipeline } from "../pipeline.ts"
import { printRates } from "./print.ts"
import { type Schedule, schedulesOf } from "./schedules.ts"

export const showRates = async (context: CommandContext): Promise<number> => {
  const { pipeline, stages } = await openPipeline(context)
  if (stages.length > 1) {
    throw new UserError("--rates shows one stage, or all of them", {
      hint: "`ablate show --rates FILE STAGE`"
    })
  }
  const schedules = await chosen(schedulesOf(pipeline.instances), pipeline, stages[0])
  const byStage = Map.groupBy(schedules, ({ stage }) => stage)
  if (context.json) {
    context.printJson({
      kind: "rates",
      pipeline: pipeline.name,
      file: pipeline.file,
      stages: [...byStage].map(([stage, members]) => ({
        stage,
        instances: members.map(({ epochs, id, point }) => ({ id, point, epochs }))
      }))
    })
    return 0
  }
  for (const [index, [stage, members]] of [...byStage].entries()) {
    if (index > 0) context.out.line()
    printRates(stage, members, context.out)
  }
  return 0
}

const chosen = async (
  all: ReadonlyArray<Schedule>,
  pipeline: CheckedPipeline,
  name: string | undefined
): Promise<ReadonlyArray<Schedule>> => {
  if (all.length === 0) {
    throw new UserError(`${pipeline.name} trains nothing: no stage has epochs with learning rates`)
  }
  if (name === undefined) return all
  const { matchInstances } = await import("../../plan/select.ts")
  const ids = matchInstances(pipeline, name)
  const found = all.filter(({ id }) => ids.has(id))
  if (found.length > 0) return found
  const trained = [...new Set(all.map(({ stage }) => stage))]
  throw new UserError(`${name} trains nothing: it has no epochs with learning rates`, {
    hint: `of ${trained.join(" and ")} there are rates to show`
  })
}
