/** One stage instance of a run: its recipe, and each of its outputs. */
import type { Recipe } from "../../store/action.ts"
import type { ManifestEntry, RunManifest, RunRecord } from "../../store/run-record.ts"
import type { CommandContext } from "../command.ts"
import { type History, originOf } from "../what/history.ts"
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
    inputs: recipe === undefined ? [] : inputsOf(recipe, history.manifest(run)),
    outputs: Object.entries(entry.outputs ?? {}).map(([port, output]) =>
      Object.assign({ port }, loadValue(history, output, { run, instance: id }))
    )
  }
}

const inputsOf = (
  recipe: Recipe,
  manifest: RunManifest | undefined
): ReadonlyArray<InputReport> => {
  const sources = new Map<string, string>()
  for (const { id, outputs } of manifest?.instances ?? []) {
    for (const [port, { digest }] of Object.entries(outputs ?? {})) {
      if (!sources.has(digest)) sources.set(digest, `${id}.${port}`)
    }
  }
  const report = (port: string, digest: string, label?: string): InputReport => {
    const from = sources.get(digest)
    return {
      port,
      ...(label === undefined ? {} : { label }),
      digest,
      ...(from === undefined ? {} : { from })
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
  printFacts([...madeFacts(report.made), ["reads", readsText(report.inputs)]], out)
  if (report.outputs.length === 0) {
    out.line()
    out.line(out.style.yellow(`  it has no result in ${report.run}`))
  }
  for (const output of report.outputs) {
    out.line()
    await printValue(output, context, true)
  }
}

const readsText = (inputs: ReadonlyArray<InputReport>): string =>
  [...Map.groupBy(inputs, ({ port }) => port)]
    .map(([port, values]) => {
      const sources = values.map(({ digest, from }) => from ?? digest.slice(0, 16))
      return `${port} from ${list(sources, 4)}`
    })
    .join(" · ")
