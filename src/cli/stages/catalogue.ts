/** All stages, one line each, grouped by folder. */
import type { StageEntry, StageRegistry } from "../../language/registry.ts"
import { count } from "../format.ts"
import type { Terminal } from "../terminal.ts"
import { padEnd, textWidth, wrap } from "../text.ts"

export interface CatalogueEntry {
  readonly uses: string
  readonly summary: string
  readonly own: boolean
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
}

export const describeCatalogue = async (
  registry: StageRegistry,
  entries: ReadonlyArray<StageEntry>
): Promise<ReadonlyArray<CatalogueEntry>> =>
  Promise.all(
    entries.map(async ({ uses, own }) => {
      const stage = await registry.load(uses)
      return {
        uses,
        summary: stage.summary,
        own,
        inputs: Object.entries(stage.inputs).flatMap(([name, { options }]) =>
          options.fromParts === true ? [] : [name]
        ),
        outputs: Object.keys(stage.outputs)
      }
    })
  )

export const printCatalogue = (
  entries: ReadonlyArray<CatalogueEntry>,
  out: Terminal,
  quiet: boolean
): void => {
  if (quiet) {
    for (const { uses } of entries) out.line(uses)
    return
  }
  const widest = entries.reduce((most, { uses }) => Math.max(most, textWidth(uses)), 0)
  const hanging = " ".repeat(widest + 4)
  const folders = Map.groupBy(entries, ({ uses }) => uses.split("/").slice(0, -1).join("/"))
  for (const [folder, stages] of folders) {
    out.line(out.style.bold(folder === "" ? "." : folder))
    for (const { uses, summary, own } of stages) {
      const text = own ? `${summary} (this project's own)` : summary
      const [first = "", ...rest] = wrap(text, Math.max(32, out.columns - hanging.length)).split(
        "\n"
      )
      out.line(`  ${out.style.cyan(padEnd(uses, widest))}  ${first}`)
      for (const line of rest) out.line(hanging + line)
    }
    out.line()
  }
  out.line(
    out.style.dim(`${count(entries.length, "stage")}; \`ablate stages NAME\` tells all about one`)
  )
}
