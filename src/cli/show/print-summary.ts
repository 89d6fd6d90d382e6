/** A value's summary as text. */
import type { Json } from "../../base/json.ts"
import { number } from "../../report/value/number.ts"
import type { ModelSummary, Summary } from "../../report/value/summary.ts"
import { bytes, count, grouped } from "../format.ts"
import { type Column, table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { type Fact, printFacts } from "./facts.ts"

/** Rows of tables and series beyond these are only counted, unless all are asked for. */
const rowsShown = 12

export const printSummary = (summary: Summary, out: Terminal, all: boolean): void => {
  switch (summary.type) {
    case "Image":
    case "Images":
    case "Mask":
    case "Tensor":
      printFacts(arrayFacts(summary, all), out)
      break
    case "NoiseSchedule":
      printFacts(
        [
          ["kind", summary.kind],
          ["timesteps", grouped(summary.steps)]
        ],
        out
      )
      printRows(
        ["t", "β", "ᾱ"],
        summary.points.map(({ t, beta, alphaBar }) => [t, beta, alphaBar]),
        out,
        true
      )
      break
    case "Dataset":
      printFacts(datasetFacts(summary), out)
      break
    case "Pretrained":
      printFacts(
        [
          ["network", summary.kind],
          ["images", `${summary.shape.join(" × ")} in ${summary.range}`],
          ["predicts", summary.prediction],
          ["weights", `${bytes(summary.sizeBytes)} in ${summary.folder}`],
          ["files", summary.files.join(", ")]
        ],
        out
      )
      break
    case "Embedding":
      printFacts(
        [
          ["kind", summary.kind],
          [
            "prompts",
            labelsText(
              summary.prompts.map((prompt) => JSON.stringify(prompt)),
              all
            )
          ],
          ["each", `${summary.shape[1]} × ${summary.shape[2]}`]
        ],
        out
      )
      break
    case "Estimator":
      printFacts(
        [
          ["predicts", summary.prediction ?? "nothing yet: its network is not trained"],
          ["networks", grouped(summary.networks)]
        ],
        out
      )
      for (const line of summary.tree) out.line(`  ${line}`)
      break
    case "Model":
      printFacts(modelFacts(summary), out)
      break
    case "Models":
      printFacts([["checkpoints", labelsText(summary.labels, all)], ...modelFacts(summary)], out)
      break
    case "TrainingState":
      printFacts(
        [
          ["epoch", grouped(summary.epoch)],
          ["step", grouped(summary.step)],
          ["tensors", `${grouped(summary.tensors)} of ${grouped(summary.numbers)} numbers`]
        ],
        out
      )
      break
    case "Metrics":
      printFacts(
        Object.entries(summary.scalars).map(([name, value]) => [name, number(value)]),
        out
      )
      printRows(
        summary.columns,
        summary.series.map((row) => summary.columns.map((column) => row[column])),
        out,
        all
      )
      break
    case "Table":
      printRows(
        summary.columns,
        summary.rows.map((row) => summary.columns.map((column) => row[column])),
        out,
        all
      )
      break
    case "File":
      printFacts(
        [
          ["file", `${summary.name} (${summary.mediaType}, ${bytes(summary.sizeBytes)})`],
          ...Object.entries(summary.meta ?? {}).map(([name, value]): Fact => [
            name,
            cellText(value)
          ])
        ],
        out
      )
  }
}

const datasetFacts = ({
  classes,
  name,
  range,
  shape
}: Extract<Summary, { readonly type: "Dataset" }>): ReadonlyArray<Fact> => {
  const [images = 0, height = 0, width = 0, channels = 0] = shape
  const colour = channels === 1 ? "grey" : channels === 3 ? "RGB" : `${channels} channels`
  const counts = classes.map(({ count, name }) => `${name}: ${grouped(count)}`)
  return [
    ["name", name],
    ["images", `${grouped(images)} of ${height} × ${width}, ${colour}, uint8 for ${range}`],
    ["classes", classes.length === 0 ? "none" : `${classes.length} (${counts.join(", ")})`]
  ]
}

const modelFacts = (model: ModelSummary): ReadonlyArray<Fact> => {
  const { notFinite, parameters, prediction, range, schedule, tensors } = model
  const { kind, ...rest } = model.architecture
  const settings = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return [
    ["architecture", `${kind} (${settings.join(", ")})`],
    ["parameters", `${grouped(parameters)} to train, ${count(tensors, "tensor")}`],
    ["pixel range", range],
    ["predicts", prediction ?? "nothing yet: it is not trained"],
    [
      "trained with",
      schedule === undefined ? "" : `${schedule.kind} schedule of ${grouped(schedule.steps)} steps`
    ],
    ["not finite", notFinite === 0 ? "" : `${grouped(notFinite)} weights are NaN or infinite`]
  ]
}

const labelsText = (labels: ReadonlyArray<string>, all: boolean): string => {
  const shown = all ? labels : labels.slice(0, rowsShown)
  const more = labels.length - shown.length
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ")
}

const arrayFacts = (
  { dtype, labels, statistics }: Extract<Summary, { readonly statistics: object }>,
  all: boolean
): ReadonlyArray<Fact> => {
  const { count: size, deviation, max, mean, min, notFinite } = statistics
  const numbers =
    min === undefined || max === undefined || mean === undefined || deviation === undefined
      ? ""
      : `${number(min)} to ${number(max)}, mean ${number(mean)}, deviation ${number(deviation)}`
  return [
    ["numbers", `${grouped(size)} × ${dtype}`],
    ["values", numbers],
    [
      "not finite",
      notFinite === 0 ? "" : `${grouped(notFinite)} of ${grouped(size)} (NaN or infinite)`
    ],
    ["labels", labelsText(labels ?? [], all)]
  ]
}

const printRows = (
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Json | undefined>>,
  out: Terminal,
  all: boolean
): void => {
  if (rows.length === 0) return
  const shown = all ? rows : rows.slice(0, rowsShown)
  const heads = columns.map((head, index): Column => {
    const numeric = shown.every((row) => typeof row[index] === "number" || row[index] === undefined)
    return { head, align: numeric ? "right" : "left" }
  })
  const cells = shown.map((row) => row.map(cellText))
  out.line()
  for (const line of table(heads, cells, out, "  ")) out.line(line)
  const more = rows.length - shown.length
  if (more > 0)
    out.line(out.style.dim(`  and ${count(more, "more row", "more rows")}; -v shows all`))
}

const cellText = (value: Json | undefined): string => {
  if (value === undefined || value === null) return ""
  if (typeof value === "number") return number(value)
  return typeof value === "string" ? value : JSON.stringify(value)
}
