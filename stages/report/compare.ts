import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { lossSvg } from "#src/figures/chart/loss-chart.ts"
import { compareRuns } from "#src/figures/comparison/comparison.ts"
import { csvOf, documentOf, tableOf } from "#src/figures/comparison/records.ts"
import { joinRuns } from "#src/figures/comparison/runs.ts"
import { pageOf } from "#src/figures/page/page.ts"
import { defineStage, port } from "#src/stage.ts"
import { fileNameProblem } from "#src/values/file-name.ts"
import type { File } from "#src/values/values.ts"

export default defineStage({
  summary:
    "Compares the variants of an ablation in one HTML page: a table of what differs and what came out, curves, samples from the same noise.",
  params: Schema.Struct({
    title: Schema.NonEmptyString.annotate({ description: "Heads the page." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed("Comparison"))
    ),
    description: Schema.optionalKey(
      Schema.NonEmptyString.annotate({ description: "A sentence or two below the title." })
    ),
    name: Schema.NonEmptyString.annotate({
      description:
        "Relative path of the files without an ending: `.html`, `.csv`, `.json` and `-loss.svg` are added."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("comparison"))),
    over: Schema.optionalKey(
      Schema.NonEmptyString.annotate({
        description:
          "Axis to take means and deviations over, such as the seed. Absent: each point is a variant."
      })
    ),
    by: Schema.optionalKey(
      Schema.NonEmptyString.annotate({
        description:
          "Metric that the variants are ranked by. Absent: the first in `best`, else the final test loss, else an evaluation, else the training loss."
      })
    ),
    best: Schema.Record(Schema.String, Schema.Literals(["min", "max"]))
      .annotate({
        description:
          "Whether the smallest or the largest value is best, by metric; for metrics whose name does not say it (loss, mse, distance: min; psnr, ssim, agreement, accuracy: max)."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
    smoothing: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })).annotate({
        description:
          "Window of the moving mean over the losses that is shown first; raw losses stay visible. Absent: a fiftieth of the training.",
        unit: "steps"
      })
    )
  }),
  inputs: {
    metrics: port("Metrics", {
      description:
        "Of each variant, a row a step: step, epoch, loss, learningRate. All its scalars are compared.",
      many: true
    }),
    epochs: port("Metrics", {
      description: "Of each variant, a row an epoch: epoch, testLoss.",
      many: true,
      optional: true
    }),
    scores: port("Metrics", {
      description: "Evaluations of each variant, whose scalars are compared.",
      many: true,
      optional: true
    }),
    images: port("Images[?,?,?,?] in R", {
      description:
        "Samples of each variant from the same noise. Labels such as `epoch 5 · 3` part them by moment and class.",
      many: true,
      optional: true
    })
  },
  outputs: {
    report: port("File", { description: "The page: one file that needs no network." }),
    table: port("Table", {
      description: "A row a variant, best first: what differs, means and deviations."
    }),
    csv: port("File", { description: "A row a run, with every metric as it was measured." }),
    json: port("File", { description: "All of it: axes, means, deviations, runs, notes." }),
    loss: port("File", { description: "The training losses as a figure, SVG." })
  },
  check: ({ name }) => {
    const problem = fileNameProblem(name)
    return problem === undefined
      ? []
      : [
          {
            path: ["name"],
            message: `the file name ${JSON.stringify(name)} ${problem}`,
            hint: "name files below the results folder, such as reports/schedules"
          }
        ]
  },
  example: `report:
  uses: report/compare
  with: { title: Learning-rate schedules, over: seed }
  collect:
    over: [schedule, seed]
    from: { metrics: train.metrics, epochs: train.epochs, scores: quality.metrics, images: sample.images }
`,
  run: async ({ inputs, params }) => {
    const { best, by, description, name, over, smoothing, title } = params
    const comparison = compareRuns(joinRuns(inputs), {
      best,
      ...(by === undefined ? {} : { by }),
      ...(over === undefined ? {} : { over })
    })
    const smooth = smoothing === undefined ? {} : { smoothing }
    const page = await pageOf(comparison, {
      title,
      ...(description === undefined ? {} : { description }),
      ...smooth
    })
    const loss = (await lossSvg(comparison, smooth)) ?? withoutLosses
    return {
      report: textFile(`${name}.html`, "text/html", page),
      table: tableOf(comparison),
      csv: textFile(`${name}.csv`, "text/csv", csvOf(comparison)),
      json: textFile(
        `${name}.json`,
        "application/json",
        `${JSON.stringify({ title, ...documentOf(comparison) }, undefined, 2)}\n`
      ),
      loss: textFile(`${name}-loss.svg`, "image/svg+xml", loss)
    }
  }
})

const textFile = (name: string, mediaType: string, text: string): File => ({
  type: "File",
  name,
  mediaType,
  bytes: new TextEncoder().encode(text)
})

/** Every output has a value, also where no metric has rows of losses. */
const withoutLosses = `<svg xmlns="http://www.w3.org/2000/svg" width="360" height="60"><rect width="360" height="60" fill="#fff"/><text x="180" y="35" text-anchor="middle" font-family="sans-serif" font-size="14" fill="#5c6269">no losses by step were given</text></svg>
`
