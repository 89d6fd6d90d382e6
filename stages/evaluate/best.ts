/** Which variant of an ablation is best, row by row. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { defineStage, type Labelled, port } from "#src/stage.ts"
import type { Metrics } from "#src/values/values.ts"

/** Where "better" is known by the metric's name. */
const betterBy: { readonly [metric: string]: "min" | "max" } = {
  mse: "min",
  psnr: "max",
  ssim: "max"
}

export default defineStage({
  summary:
    "For each row of several variants' metrics, such as each timestep: which variant is best.",
  params: Schema.Struct({
    metric: Schema.String.check(Schema.isNonEmpty({ message: "expected a column's name" }))
      .annotate({ description: "The column of the metrics to compare." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("mse"))),
    direction: Schema.optionalKey(
      Schema.Literals(["min", "max"]).annotate({
        description:
          "Whether small or large is good. Left out: min for mse, max for psnr and ssim; other metrics need it."
      })
    ),
    row: Schema.String.check(Schema.isNonEmpty({ message: "expected a column's name" }))
      .annotate({ description: "The column that names the rows, the same rows in every variant." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("label")))
  }),
  inputs: {
    metrics: port("Metrics", {
      description: "The variants, usually collected over an axis of the matrix.",
      many: true
    })
  },
  outputs: {
    table: port("Table", {
      description:
        "A line a row: its name, the best variant (the first of equals), its value, and the value of every variant."
    })
  },
  check: ({ direction, metric }) =>
    direction === undefined && betterBy[metric] === undefined
      ? [
          {
            path: ["direction"],
            message: `it is not known whether a small or a large ${metric} is good`,
            hint: "add `direction: min` or `direction: max`"
          }
        ]
      : [],
  example: `best:
  uses: evaluate/best
  with: { metric: mse }
  collect: { over: blur, from: { metrics: quality.metrics } }
`,
  run: ({ inputs: { metrics }, params: { direction, metric, row } }) => {
    const sign = (direction ?? betterBy[metric]) === "max" ? -1 : 1
    const variants = metrics.map((variant) => ({
      label: variant.label,
      values: valuesByRow(variant, row, metric)
    }))
    const columns = [row, "best", metric, ...variants.map(({ label }) => label)]
    const repeated = columns.find((column, index) => columns.indexOf(column) < index)
    if (repeated !== undefined) {
      throw new UserError(`two columns of the table would be named "${repeated}"`, {
        hint: "collect over one axis, or list each variant once"
      })
    }
    const names = [...(variants[0]?.values.keys() ?? [])]
    for (const { label, values } of variants) {
      const differing =
        names.find((name) => !values.has(name)) ??
        [...values.keys()].find((name) => !names.includes(name))
      if (differing !== undefined) {
        throw new UserError(
          `${label} and ${variants[0]!.label} do not have the same rows: only one has ${differing}`,
          {
            hint: "variants can be compared where they have the same rows"
          }
        )
      }
    }
    const rows = names.map((name) => {
      const values = variants.map(({ label, values }) => [label, values.get(name)!] as const)
      const [best, value] = values.reduce((a, b) => (sign * b[1] < sign * a[1] ? b : a))
      return Object.fromEntries([[row, name], ["best", best], [metric, value], ...values])
    })
    return { table: { type: "Table", columns, rows } }
  }
})

/** The metric's values of one variant by the name of their row, in the order of the rows. */
const valuesByRow = (
  { label, value: { series } }: Labelled<Metrics>,
  row: string,
  metric: string
): ReadonlyMap<string, number> => {
  const values = new Map<string, number>()
  for (const [index, record] of series.entries()) {
    const name = record[row]
    if (name === undefined) {
      throw new UserError(`row ${index} of ${label} has no column "${row}"`, {
        hint: `its columns are ${Object.keys(record).join(", ")}`
      })
    }
    const value = record[metric]
    if (typeof value !== "number" || Number.isNaN(value)) {
      throw new UserError(`row ${name} of ${label} has no number "${metric}"`, {
        hint:
          metric === "psnr"
            ? "the PSNR of an image that equals its reference is infinite and left out; compare by mse"
            : `its columns are ${Object.keys(record).join(", ")}`
      })
    }
    if (values.has(String(name))) {
      throw new UserError(`two rows of ${label} are named ${name}`, {
        hint: "choose a column with different values by `row`, such as `row: index`"
      })
    }
    values.set(String(name), value)
  }
  return values
}
