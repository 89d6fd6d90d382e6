/** `ablate runs`: what has been run, newest first. */
import type { RunRecord } from "../../store/run-record.ts"
import type { Command, CommandContext } from "../command.ts"
import { ago, duration, grouped } from "../format.ts"
import { existingStore, openProject } from "../project.ts"
import { partsText } from "../run-report.ts"
import { table } from "../table.ts"

export const command: Command = {
  name: "runs",
  usage: ["runs [PIPELINE]"],
  description: `Lists the runs that the store remembers, newest first: of one pipeline, or of all. A run is named by two words and
    a number; \`last\` is the newest. Use the names with \`ablate show\`, \`ablate diff\` and \`ablate store pin\`.`,
  args: { min: 0, max: 1 },
  flags: [
    {
      title: "List",
      flags: [
        { name: "limit", short: "n", value: "N", summary: "so many runs at most (default: 20)" },
        {
          name: "state",
          value: "STATE",
          choices: ["running", "done", "failed", "interrupted"],
          summary: "only runs that are running, done, failed or interrupted"
        }
      ]
    }
  ],
  examples: [
    { line: "ablate runs", note: "the newest twenty" },
    { line: "ablate runs quickstart -n 5", note: "of one pipeline" },
    { line: "ablate diff $(ablate runs -q -n 2)", note: "compare the last two" }
  ],
  run: async (context) => {
    const project = await openProject(context)
    const [pipeline] = context.args
    const state = context.flags.text("state")
    const all = existingStore(project)
      .runs.list()
      .filter((run) => pipeline === undefined || isOf(run, pipeline))
      .filter((run) => state === undefined || run.state === state)
    const shown = all.slice(0, context.flags.integer("limit", 1) ?? 20)
    if (context.json) context.printJson({ total: all.length, runs: shown })
    else if (context.quiet) for (const { name } of shown) context.out.line(name)
    else printRuns(context, shown, all.length)
    return 0
  }
}

/** By the pipeline's name, its file's name, or the file. */
const isOf = ({ pipeline, file }: RunRecord, word: string) =>
  pipeline === word || file === word || file === `pipelines/${word}.yaml`

const printRuns = (context: CommandContext, shown: ReadonlyArray<RunRecord>, all: number) => {
  const { out } = context
  if (shown.length === 0) {
    const [pipeline] = context.args
    const state = context.flags.text("state")
    const of = pipeline === undefined ? "" : ` of ${pipeline}`
    out.line(state === undefined ? `no runs${of} yet` : `no runs${of} are ${state}`)
    return
  }
  const { bold, dim, green, red, yellow, cyan } = out.style
  const paints = { done: green, failed: red, interrupted: yellow, running: cyan }
  const now = new Date()
  const rows = shown.map((run) => [
    run.name,
    run.pipeline,
    ago(new Date(run.startedAt), now),
    run.state,
    countsText(run),
    run.finishedAt === undefined ? "" : duration(secondsOf(run)),
    run.set.join(" ")
  ])
  const lines = table(
    [
      { head: "run", paint: bold },
      { head: "pipeline", flexible: true },
      { head: "when" },
      { head: "state", paint: (state) => paints[state as keyof typeof paints](state) },
      { head: "stages", flexible: true },
      { head: "time", align: "right" },
      { head: "set", flexible: true, paint: dim }
    ],
    rows,
    out
  )
  for (const line of lines) out.line(line)
  if (all > shown.length) {
    out.line(dim(`and ${grouped(all - shown.length)} older; -n ${all} lists them`))
  }
}

export const secondsOf = ({ startedAt, finishedAt }: RunRecord): number =>
  finishedAt === undefined ? 0 : (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000

/** `3 ran, 11 known, 1 failed (5 of 8 parts ran)` */
export const countsText = ({ counts }: Pick<RunRecord, "counts">): string =>
  (["ran", "known", "failed", "skipped"] as const)
    .flatMap((word) => (counts[word] > 0 ? [`${grouped(counts[word])} ${word}`] : []))
    .join(", ") + partsText(counts)
