/** One stage instance of a run: its recipe, and each of its outputs. */
import { ownerOf, readInstanceName } from "../../plan/instance-name.ts"
import type { Recipe } from "../../store/action.ts"
import type { ManifestEntry, RunManifest, RunRecord } from "../../store/run-record.ts"
import type { CommandContext } from "../command.ts"
import { type History, originOf } from "../what/history.ts"
import { sourceFinder } from "../what/sources.ts"
import { list } from "../format.ts"
import { printFacts } from "./facts.ts"
import { madeFacts, printValue } from "./print-value.ts"
import { type LoadedValue, loadValue, type Made, madeOf } from "./value.ts"

export interface InputReport {
  readonly port: string
  readonly label?: string
  readonly digest: string
  /** `photo.image`, where the run has it. */
  readonly from?: string
}

export interface InstanceReport {
  readonly id: string
  readonly uses: string
  /** The run that was asked about. */
  readonly run: string
  readonly made?: Made
  readonly inputs: ReadonlyArray<InputReport>
  readonly outputs: ReadonlyArray<LoadedValue & { readonly port: string }>
}

export const loadInstance = (
  history: History,
  run: RunRecord,
  entry: ManifestEntry
): InstanceReport => {
  const { id, uses, key } = entry
  const origin = key === undefined ? undefined : originOf(history, { key, instance: id, run })
  const recipe = origin?.action?.recipe
  return {
    id,
    uses,
    run: run.name,
    ...(origin === undefined ? {} : { made: madeOf(origin) }),
    inputs: recipe === undefined ? [] : inputsOf(id, recipe, history.manifest(run)),
    outputs: Object.entries(entry.outputs ?? {}).map(([port, output]) =>
      Object.assign({ port }, loadValue(history, output, { run, instance: id }))
    )
  }
}

const inputsOf = (
  id: string,
  recipe: Recipe,
  manifest: RunManifest | undefined
): ReadonlyArray<InputReport> => {
  const sourceOf = sourceFinder(manifest)
  const report = (port: string, digest: string, label?: string): InputReport => {
    const from = sourceOf(id, digest)
    return {
      port,
      ...(label === undefined ? {} : { label }),
      digest,
      ...(from === undefined ? {} : { from: `${from.instance}.${from.port}` })
    }
  }
  return Object.entries(recipe.inputs).flatMap(([port, input]) =>
    typeof input === "string"
      ? [report(port, input)]
      : input.map(([label, digest]) => report(port, digest, label))
  )
}

export const printInstance = async (
  report: InstanceReport,
  context: CommandContext
): Promise<void> => {
  const { out } = context
  out.line(`${out.style.bold(report.id)}  ${report.uses}`)
  printFacts([...madeFacts(report.made), ["reads", readsText(report)]], out)
  if (report.outputs.length === 0) {
    out.line()
    out.line(out.style.yellow(`  it has no result in ${report.run}`))
  }
  for (const output of report.outputs) {
    out.line()
    await printValue(output, context, true)
  }
}

/** Whether `walk/step-3.place` is of a part of `walk`. */
const isOwnPart = (id: string, from: string): boolean => {
  const { name } = readInstanceName(from)
  return name !== id && ownerOf(name) === id
}

const readsText = ({ id, inputs }: InstanceReport): string =>
  [...Map.groupBy(inputs, ({ port }) => port)]
    .map(([port, values]) => {
      const own = values.filter(({ from }) => from !== undefined && isOwnPart(id, from))
      if (own.length > 1 && own.length === values.length) {
        return `${port} from ${values.length} of its parts`
      }
      const sources = values.map(({ digest, from }) => from ?? digest.slice(0, 16))
      return `${port} from ${list(sources, 4)}`
    })
    .join(" · ")
