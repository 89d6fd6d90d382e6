/** One stage in full: what a person needs to use it without opening its file. */
import { relative } from "node:path"
import type { Json } from "../../base/json.ts"
import type { StageEntry, StageRegistry } from "../../language/registry.ts"
import type { Ports } from "../../stage.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { textWidth, wrap } from "../text.ts"
import { type Parameter, parametersOf } from "./parameters.ts"

export interface PortDescription {
  readonly name: string
  readonly type: string
  readonly description: string
  readonly optional: boolean
  readonly many: boolean
}

export interface StageDescription {
  readonly uses: string
  readonly summary: string
  /** The paper and equation, or the library, that it follows. */
  readonly source?: string
  /** Relative to the project where it is the project's own, else absolute. */
  readonly file: string
  readonly own: boolean
  readonly inputs: ReadonlyArray<PortDescription>
  readonly outputs: ReadonlyArray<PortDescription>
  readonly parameters: ReadonlyArray<Parameter>
  /** Parameters that name files: their content counts, not their path. */
  readonly files: ReadonlyArray<string>
  /** The same of folders. */
  readonly folders: ReadonlyArray<string>
  readonly example: string
}

export const describeStage = async (
  registry: StageRegistry,
  entry: StageEntry,
  root: string
): Promise<StageDescription> => {
  const stage = await registry.load(entry.uses)
  const file = relative(root, entry.file)
  return {
    uses: entry.uses,
    summary: stage.summary,
    ...(stage.source === undefined ? {} : { source: stage.source }),
    file: file.startsWith("..") ? entry.file : file,
    own: entry.own,
    inputs: portsOf(stage.inputs),
    outputs: portsOf(stage.outputs),
    parameters: parametersOf(stage.params),
    files: stage.files ?? [],
    folders: stage.folders ?? [],
    example: dedent(stage.example)
  }
}

const portsOf = (ports: Ports): ReadonlyArray<PortDescription> =>
  Object.entries(ports).flatMap(([name, { type, options }]) =>
    // A pipeline cannot wire what the stage's parts fill.
    options.fromParts === true
      ? []
      : [
          {
            name,
            type,
            description: options.description,
            optional: options.optional === true,
            many: options.many === true
          }
        ]
  )

/** Example lines start at the left edge, however their author indented them inside the stage's file. */
const dedent = (text: string): string => {
  const lines = text
    .replace(/^\s*\n/, "")
    .trimEnd()
    .split("\n")
  const indents = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length)
  const common = indents.length === 0 ? 0 : Math.min(...indents)
  return lines.map((line) => line.slice(common)).join("\n")
}

export const printStage = (stage: StageDescription, out: Terminal): void => {
  const { style } = out
  out.line(style.bold(stage.uses))
  out.line(wrap(stage.summary, out.columns))
  if (stage.source !== undefined) {
    out.line(wrap(`After ${stage.source}`, out.columns).split("\n").map(style.dim).join("\n"))
  }
  printPorts("Inputs", stage.inputs, out)
  printPorts("Outputs", stage.outputs, out)
  printParameters(stage, out)
  out.line()
  out.line(style.bold("Example"))
  for (const line of stage.example.split("\n")) out.line(line === "" ? "" : `  ${line}`)
  out.line()
  out.line(style.dim(stage.file))
}

const printPorts = (title: string, ports: ReadonlyArray<PortDescription>, out: Terminal): void => {
  if (ports.length === 0) return
  out.line()
  out.line(out.style.bold(title))
  const rows = ports.map((port) => {
    const notes = [port.many ? "one or several" : "", port.optional ? "optional" : ""].filter(
      (note) => note !== ""
    )
    return {
      cells: [port.name, port.type],
      text: `${port.description}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`
    }
  })
  printRows(rows, out)
}

const printParameters = (stage: StageDescription, out: Terminal): void => {
  if (stage.parameters.length === 0) return
  out.line()
  out.line(out.style.bold("Parameters"))
  const rows = stage.parameters.map((parameter) => {
    const type = [parameter.type, parameter.range ?? ""].filter((text) => text !== "").join(", ")
    const unit = parameter.unit === undefined ? "" : ` (${parameter.unit})`
    const file = stage.files.includes(parameter.name)
      ? " The file's content enters the key, not its path."
      : stage.folders.includes(parameter.name)
        ? " The names and contents of its files enter the key, not its path."
        : ""
    return {
      cells: [parameter.name, type + unit, whenAbsent(parameter)],
      text: `${parameter.description}${file}`,
      forms: parameter.forms ?? []
    }
  })
  printRows(rows, out)
}

const whenAbsent = (parameter: Parameter): string =>
  parameter.default !== undefined
    ? `= ${inYaml(parameter.default)}`
    : parameter.required
      ? "required"
      : "optional"

/** As one would write it in a pipeline, on one line. */
const inYaml = (value: Json): string => {
  if (typeof value === "string") return value
  if (typeof value !== "object" || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(inYaml).join(", ")}]`
  const fields = Object.entries(value).map(([key, member]) => `${key}: ${inYaml(member)}`)
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`
}

interface Row {
  readonly cells: ReadonlyArray<string>
  readonly text: string
  /** Lines of their own below the text. */
  readonly forms?: ReadonlyArray<string>
}

/** Short cells in columns, and the description beside them, or below where there is no room. */
const printRows = (rows: ReadonlyArray<Row>, out: Terminal): void => {
  const { style } = out
  const widths = (rows[0]?.cells ?? []).map((_, column) =>
    rows.reduce((most, { cells }) => Math.max(most, textWidth(cells[column] ?? "")), 0)
  )
  const used = widths.reduce((sum, width) => sum + width + 2, 2)
  const paints = [style.cyan, (text: string) => text, style.dim]
  const columns = widths.map((_, column) => ({ paint: paints[column] ?? style.dim }))
  const heads = table(
    columns,
    rows.map(({ cells }) => cells),
    out,
    "  "
  )
  const room = out.columns - used
  for (const [index, { forms = [], text }] of rows.entries()) {
    const head = heads[index] ?? ""
    if (text === "") out.line(head)
    else if (room >= 32) {
      const [first = "", ...rest] = wrap(text, room).split("\n")
      out.line(`${head}${" ".repeat(Math.max(2, used - textWidth(head)))}${first}`)
      for (const line of rest) out.line(" ".repeat(used) + line)
    } else {
      out.line(head)
      for (const line of wrap(text, Math.max(20, out.columns - 6)).split("\n")) {
        out.line(style.dim(`      ${line}`))
      }
    }
    for (const form of forms) {
      const [first = "", ...rest] = wrap(form, Math.max(20, out.columns - 8)).split("\n")
      out.line(`      ${first}`)
      for (const line of rest) out.line(`        ${line}`)
    }
  }
}
