/** Which stages of a pipeline can be compared over its matrix: those whose metrics or samples differ from point to point. */
import { UserError } from "../../base/user-error.ts"
import type { CheckedPipeline, StageInstance } from "../../language/pipeline.ts"
import { list } from "../format.ts"

/** The instances to compare, of one or several stages, none of them parts. */
export const comparedInstances = async (
  pipeline: CheckedPipeline,
  names: ReadonlyArray<string>
): Promise<ReadonlyArray<StageInstance>> =>
  names.length === 0 ? byDefault(pipeline) : named(pipeline, names)

const named = async (
  pipeline: CheckedPipeline,
  names: ReadonlyArray<string>
): Promise<ReadonlyArray<StageInstance>> => {
  const { matchInstances } = await import("../../plan/select.ts")
  const chosen = new Set<string>()
  for (const name of names) {
    const ids = matchInstances(pipeline, name)
    const instances = pipeline.instances.filter(({ id }) => ids.has(id))
    if (!instances.some((instance) => hasMetrics(instance) || hasSamples(instance))) {
      throw new UserError(`${name} makes no metrics and no samples`, {
        hint: whatThereIs(pipeline)
      })
    }
    for (const id of ids) chosen.add(id)
  }
  return pipeline.instances.filter(({ id }) => chosen.has(id))
}

/** All that depend on the axes of the stage with most of them: a stage with axes of its own is another experiment. */
const byDefault = (pipeline: CheckedPipeline): ReadonlyArray<StageInstance> => {
  const candidates = candidatesIn(pipeline)
  const measured = candidates.filter(hasMetrics)
  const finest = measured.reduce<ReadonlyArray<string>>((axes, { point }) => {
    const own = Object.keys(point)
    return own.length > axes.length ? own : axes
  }, [])
  if (finest.length === 0) {
    throw new UserError(
      `no stage of ${pipeline.name} depends on an axis of its matrix and makes metrics: there is nothing to compare`,
      { hint: "`ablate diff` compares two runs" }
    )
  }
  const fitting = candidates.filter(({ point }) =>
    Object.keys(point).every((axis) => finest.includes(axis))
  )
  // Two sets of samples cannot stand in one place; the last is furthest along.
  const sampling = fitting.findLast((instance) => hasSamples(instance))?.stage
  return fitting.filter(
    (instance) => hasMetrics(instance) || (hasSamples(instance) && instance.stage === sampling)
  )
}

const candidatesIn = ({ instances }: CheckedPipeline): ReadonlyArray<StageInstance> =>
  instances.filter(
    (instance) =>
      instance.part === undefined &&
      Object.keys(instance.point).length > 0 &&
      (hasMetrics(instance) || hasSamples(instance))
  )

const hasMetrics = ({ outputs }: StageInstance): boolean =>
  Object.values(outputs).some((type) => type === "Metrics")

/** Pictures of all stages but those that sample are means to an end. */
export const hasSamples = ({ outputs, uses }: StageInstance): boolean =>
  uses.startsWith("sample/") && samplesPort(outputs) !== undefined

/** The first output of images: the samples, before how they came to be. */
export const samplesPort = (outputs: StageInstance["outputs"]): string | undefined =>
  Object.entries(outputs).find(([, type]) => type.startsWith("Images"))?.[0]

const whatThereIs = (pipeline: CheckedPipeline): string => {
  const stages = [...new Set(candidatesIn(pipeline).map(({ stage }) => stage))]
  return stages.length === 0
    ? "no stage of the pipeline can be compared"
    : `stages that can be compared are ${list(stages, 8)}`
}
