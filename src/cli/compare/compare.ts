/** What `ablate compare` does: finds the results, compares them, prints and writes. */
import { UserError } from "../../base/user-error.ts"
import { compareRuns, type Comparison } from "../../figures/comparison/comparison.ts"
import type { Direction } from "../../figures/comparison/metric-names.ts"
import { csvOf, documentOf } from "../../figures/comparison/records.ts"
import { joinRuns } from "../../figures/comparison/runs.ts"
import type { CheckedPipeline } from "../../language/pipeline.ts"
import { planPipeline } from "../../plan/decide.ts"
import type { CommandContext } from "../command.ts"
import { count, list } from "../format.ts"
import { writeResult } from "../output-file.ts"
import { openPipeline } from "../pipeline.ts"
import { existingStore } from "../project.ts"
import { gather } from "./gather.ts"
import { printComparison } from "./print.ts"
import { comparedInstances } from "./stages.ts"

export const comparePipeline = async (context: CommandContext): Promise<number> => {
  const { err, flags, json, out, quiet, verbose } = context
  const best = directionsOf(flags.all("best"))
  const opened = await openPipeline(context)
  const { pipeline, planContext } = opened
  const store = existingStore(opened.project)
  const instances = await comparedInstances(pipeline, opened.stages)
  const { decisions } = planPipeline(pipeline, planContext)
  opened.saveDigests()
  const { measured, unknown } = gather(instances, decisions, store, flags.has("html"))
  if (unknown.length === instances.length) {
    throw new UserError(
      `no result of ${list(stagesOf(instances), 4)} is known yet, so there is nothing to compare`,
      { hint: `\`ablate run ${pipeline.file}\` makes them`, exitCode: 1 }
    )
  }
  if (unknown.length > 0 && !json && !quiet) {
    err.line(
      err.style.yellow(
        `left out, not known yet: ${list(unknown, 6)} (${unknown.length} of ${count(instances.length, "result")}; \`ablate run ${pipeline.file}\` makes them)`
      )
    )
  }
  const [by, over] = [flags.text("by"), flags.text("over")]
  const comparison = compareRuns(joinRuns(measured), {
    best,
    ...(by === undefined ? {} : { by }),
    ...(over === undefined ? {} : { over })
  })
  await writeFiles(comparison, pipeline, context)
  if (json) {
    context.printJson({
      pipeline: pipeline.name,
      file: pipeline.file,
      stages: stagesOf(instances),
      unknown,
      ...documentOf(comparison)
    })
  } else if (!quiet || !writesFiles(context)) printComparison(comparison, out, verbose)
  return 0
}

const stagesOf = (instances: ReadonlyArray<{ readonly stage: string }>) => [
  ...new Set(instances.map(({ stage }) => stage))
]

/** `--best METRIC=min|max` */
const directionsOf = (given: ReadonlyArray<string>): { readonly [metric: string]: Direction } =>
  Object.fromEntries(
    given.map((text) => {
      const [, metric, direction] = /^(.+)=(min|max)$/.exec(text) ?? []
      if (metric !== undefined && (direction === "min" || direction === "max")) {
        return [metric, direction]
      }
      throw new UserError(`--best ${text}: expected METRIC=min or METRIC=max`, {
        hint: "such as `--best frechetDistance=min`"
      })
    })
  )

const writesFiles = ({ flags }: CommandContext): boolean =>
  ["html", "csv", "svg"].some((name) => flags.has(name))

const writeFiles = async (
  comparison: Comparison,
  pipeline: CheckedPipeline,
  context: CommandContext
): Promise<void> => {
  const { flags } = context
  const write = { ...context, quiet: context.quiet || context.json }
  const smoothing = flags.integer("smooth", 1)
  const asked = flags.text("x") ?? "step"
  const progress = asked === "time" ? "seconds" : asked === "epoch" ? "epoch" : "step"
  const view = { progress, ...(smoothing === undefined ? {} : { smoothing }) } as const
  if (asked === "time" && !comparison.variants.every(hasTimes)) {
    throw new UserError("how long each epoch took is not known of every run", {
      hint: "use `--x step` or `--x epoch`",
      exitCode: 1
    })
  }
  const [csv, html, svg] = [flags.text("csv"), flags.text("html"), flags.text("svg")]
  if (csv !== undefined) writeResult(csv, csvOf(comparison), write)
  if (svg !== undefined) {
    const { lossSvg } = await import("../../figures/chart/loss-chart.ts")
    const figure = await lossSvg(comparison, view)
    if (figure === undefined) {
      throw new UserError("none of the results has losses by step, which --svg draws", {
        exitCode: 1
      })
    }
    writeResult(svg, figure, write)
  }
  if (html === undefined) return
  const { pageOf } = await import("../../figures/page/page.ts")
  const page = await pageOf(comparison, {
    title: pipeline.name,
    ...(pipeline.description === "" ? {} : { description: pipeline.description }),
    ...view,
    meanings: meaningsOf(pipeline, comparison),
    recipe: [recipeOf(pipeline, context)]
  })
  writeResult(html, page, write)
}

const hasTimes = ({ runs }: Comparison["variants"][number]): boolean =>
  runs.every(({ value }) => value.metrics === undefined || value.epochSeconds !== undefined)

/** Labels that stand for more than themselves. */
const meaningsOf = ({ axes }: CheckedPipeline, comparison: Comparison) =>
  comparison.axes.flatMap(({ name, values }) =>
    (axes[name] ?? []).flatMap(({ label, value }) =>
      values.includes(label) && value !== label && JSON.stringify(value) !== label
        ? [{ axis: name, label, value }]
        : []
    )
  )

const recipeOf = (pipeline: CheckedPipeline, { flags }: CommandContext): string =>
  [
    `ablate compare ${pipeline.file}`,
    ...["over", "by"].flatMap((name) => {
      const value = flags.text(name)
      return value === undefined ? [] : [`--${name} ${value}`]
    }),
    ...flags.all("set").map((value) => `--set ${value}`)
  ].join(" ")
