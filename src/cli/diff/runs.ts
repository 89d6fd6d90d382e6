/** Two runs held against each other, stage by stage. */
import { idsNamed, partOf } from "../../plan/instance-name.ts"
import { changesOf, type Change } from "../../report/compare/json-changes.ts"
import type { RunRecord } from "../../store/run-record.ts"
import type { History } from "../what/history.ts"
import { compareInstances, type InstanceDifference } from "./instances.ts"
import { UserError } from "../../base/user-error.ts"

export interface RunDifference {
  readonly before: RunName
  readonly after: RunName
  /** The pipeline's own parameters. */
  readonly params: ReadonlyArray<Change>
  readonly onlyBefore: ReadonlyArray<string>
  readonly onlyAfter: ReadonlyArray<string>
  readonly same: ReadonlyArray<string>
  readonly changed: ReadonlyArray<InstanceDifference>
  readonly different: boolean
}

export interface RunName {
  readonly name: string
  readonly pipeline: string
  readonly file: string
  readonly startedAt: string
}

/**
 * @param stages names of the stages to compare; empty for all
 * @param how whether to look into values that differ; `parts`: also those of parts of stages
 * @throws UserError when a run kept no results, or neither has a stage of a name
 */
export const compareRuns = (
  history: History,
  before: RunRecord,
  after: RunRecord,
  stages: ReadonlyArray<string>,
  { deep, parts }: { readonly deep: boolean; readonly parts: boolean }
): RunDifference => {
  const [old, now] = [entriesOf(history, before, stages), entriesOf(history, after, stages)]
  for (const name of stages) {
    if (![old, now].some((entries) => idsNamed([...entries.keys()], name).length > 0)) {
      throw new UserError(`neither ${before.name} nor ${after.name} has a stage ${name}`, {
        hint: `\`ablate show ${after.name}\` lists its stages`
      })
    }
  }
  const pairs = [...now.values()].flatMap((entry) => {
    const earlier = old.get(entry.id)
    return earlier === undefined ? [] : [{ earlier, entry }]
  })
  const same: Array<string> = []
  const changed: Array<InstanceDifference> = []
  for (const { earlier, entry } of pairs) {
    const difference = compareInstances(
      history,
      { run: before, entry: earlier },
      { run: after, entry },
      deep && (parts || partOf(entry.id) === undefined || stages.length > 0)
    )
    if (difference.different) changed.push(difference)
    else same.push(entry.id)
  }
  const params = changesOf(before.params, after.params)
  const onlyBefore = [...old.keys()].filter((id) => !now.has(id))
  const onlyAfter = [...now.keys()].filter((id) => !old.has(id))
  const found = [onlyBefore, onlyAfter, changed, ...(stages.length === 0 ? [params] : [])]
  return {
    before: named(before),
    after: named(after),
    params,
    onlyBefore,
    onlyAfter,
    same,
    changed,
    different: found.some((list) => list.length > 0)
  }
}

const entriesOf = (history: History, run: RunRecord, stages: ReadonlyArray<string>) => {
  const manifest = history.manifest(run)
  if (manifest === undefined) {
    throw new UserError(`the run ${run.name} is ${run.state} and has left no list of results`, {
      hint: "compare runs that have finished; `ablate runs` lists them",
      exitCode: 2
    })
  }
  const ids = manifest.instances.map(({ id }) => id)
  const wanted =
    stages.length === 0 ? new Set(ids) : new Set(stages.flatMap((name) => idsNamed(ids, name)))
  return new Map(
    manifest.instances.flatMap((entry) => (wanted.has(entry.id) ? [[entry.id, entry]] : []))
  )
}

const named = ({ file, name, pipeline, startedAt }: RunRecord): RunName => ({
  name,
  pipeline,
  file,
  startedAt
})
