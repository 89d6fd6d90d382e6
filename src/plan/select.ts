/** Which stage instances a command is about, from the names on the command line. */
import { nearest } from "../base/nearest.ts"
import { UserError } from "../base/user-error.ts"
import type { CheckedPipeline } from "../language/pipeline.ts"
import { withNeeds } from "./decide.ts"
import { idsNamed, partOf, stageOf } from "./instance-name.ts"
import { forEachInput } from "./keys.ts"
import { withParts } from "./parts.ts"

export interface Selection {
  /** Stages to run with all that they need. */
  readonly targets?: ReadonlyArray<string>
  /** Stages to run with all that comes after them, and what that needs. */
  readonly from?: ReadonlyArray<string>
  /** Exactly these. */
  readonly only?: ReadonlyArray<string>
}

/**
 * The ids of the selected instances; all when nothing is asked for. `from` and `targets` together select the way from
 * the ones to the others.
 *
 * @throws UserError for a name that matches nothing, or a selection that is empty
 */
export const select = (
  pipeline: CheckedPipeline,
  { from = [], only = [], targets = [] }: Selection
): ReadonlySet<string> => {
  if (only.length > 0) {
    if (targets.length > 0 || from.length > 0) {
      throw new UserError("--only cannot be combined with other stages, --until or --from", {
        hint: "name all stages with --only"
      })
    }
    return withParts(pipeline.instances, idsMeant(pipeline, only))
  }
  const until = targets.length === 0 ? undefined : withNeeds(pipeline, idsMeant(pipeline, targets))
  if (from.length === 0) return until ?? new Set(pipeline.instances.map(({ id }) => id))
  const after = withReaders(pipeline, idsMeant(pipeline, from))
  const selected = until === undefined ? after : new Set([...after].filter((id) => until.has(id)))
  if (selected.size === 0) {
    throw new UserError(`nothing leads from ${from.join(", ")} to ${targets.join(", ")}`, {
      hint: "ablate graph shows how the stages are connected"
    })
  }
  return withNeeds(pipeline, selected)
}

const idsMeant = (pipeline: CheckedPipeline, names: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(names.flatMap((name) => [...matchInstances(pipeline, name)]))

/**
 * The instances that a name means; not the parts of these, which only their own names mean.
 *
 * @throws UserError with the nearest name when it means none
 */
export const matchInstances = (pipeline: CheckedPipeline, name: string): ReadonlySet<string> => {
  const found = idsNamed(
    pipeline.instances.map(({ id }) => id),
    name
  )
  if (found.length > 0) return new Set(found)
  throw new UserError(`${pipeline.name} has no stage ${name}`, {
    hint: whichThereAre(pipeline, name)
  })
}

const whichThereAre = ({ instances }: CheckedPipeline, name: string): string => {
  const wanted = stageOf(name)
  const ofStage = instances.filter(({ stage }) => stage === wanted)
  const whole = ofStage.filter(({ part }) => part === undefined).map(({ id }) => id)
  if (partOf(name) !== undefined && ofStage.length > 0) {
    const parts = new Set(ofStage.flatMap(({ part }) => part ?? []))
    return parts.size === 0 ? `${wanted} has no parts` : `parts of ${wanted} are ${few([...parts])}`
  }
  if (whole.length > 0) return `instances of ${wanted} are ${few(whole)}`
  const stages = [...new Set(instances.map(({ stage }) => stage))]
  const ids = instances.flatMap(({ id, part }) => (part === undefined ? [id] : []))
  const near = nearest(name, [...stages, ...ids])
  return near === undefined ? `its stages are ${stages.join(", ")}` : `did you mean ${near}?`
}

const few = (names: ReadonlyArray<string>): string =>
  (names.length <= 4 ? names : [...names.slice(0, 3), "…"]).join(", ")

/** The ids and all instances that read them, directly or not. */
const withReaders = (pipeline: CheckedPipeline, ids: ReadonlySet<string>): ReadonlySet<string> => {
  const reached = new Set(ids)
  for (const instance of pipeline.instances) {
    let reads = false
    forEachInput(instance, (from) => {
      reads ||= reached.has(from.instance)
    })
    if (reads) reached.add(instance.id)
  }
  return reached
}
