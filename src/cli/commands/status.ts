/** `ablate status`: one line a pipeline of the project, and the runs that are on their way. */
import { UserError } from "../../base/user-error.ts"
import { EngineUnusable } from "../../engine/provider/choose.ts"
import { planPipeline } from "../../plan/decide.ts"
import { totals, type Totals } from "../../plan/totals.ts"
import type { RunRecord } from "../../store/run-record.ts"
import type { Command, CommandContext } from "../command.ts"
import { ago, count, grouped } from "../format.ts"
import { openFile } from "../pipeline.ts"
import { nameOfPipeline, pipelineFiles } from "../pipeline-file.ts"
import { PipelineInvalid } from "../pipeline-invalid.ts"
import { openProject, type Project } from "../project.ts"
import { table } from "../table.ts"

export const command: Command = {
  name: "status",
  usage: ["status"],
  description: `Says of each pipeline of the project how much of it is known, whether it has problems, and when it last ran; and
    which runs are on their way, also those started elsewhere on the same store.`,
  args: { min: 0, max: 0 },
  flags: [],
  examples: [{ line: "ablate status", note: "the whole project at a glance" }],
  run: async (context) => {
    const project = await openProject(context)
    const runs = project.store.runs.list()
    const quiet = { ...context, quiet: true }
    const pipelines: Array<PipelineStatus> = []
    for (const file of pipelineFiles(project.root)) {
      pipelines.push(await statusOf(quiet, project, file, runs))
    }
    const running = runs.filter(({ state }) => state === "running")
    if (context.json)
      context.printJson({ root: project.root, store: project.storeRoot, pipelines, running })
    else print(context, pipelines, running)
    return 0
  }
}

interface PipelineStatus {
  /** Absent when it has problems that keep it from being read. */
  readonly pipeline: string
  readonly file: string
  readonly problems: number
  readonly counts?: Pick<Totals, "instances" | "known">
  readonly last?: RunRecord
}

const statusOf = async (
  context: CommandContext,
  project: Project,
  path: string,
  runs: ReadonlyArray<RunRecord>
): Promise<PipelineStatus> => {
  const file = path.slice(project.root.length + 1).replaceAll("\\", "/")
  const last = runs.find((run) => run.file === file)
  const base = { pipeline: nameOfPipeline(path), file, ...(last === undefined ? {} : { last }) }
  try {
    const { pipeline, planContext, saveDigests } = await openFile(context, project, path)
    const counts = totals(planPipeline(pipeline, planContext))
    saveDigests()
    return { ...base, problems: 0, counts: { instances: counts.instances, known: counts.known } }
  } catch (error) {
    // That is no problem of this pipeline: `check` would find none.
    if (error instanceof EngineUnusable) throw error
    // A file that cannot be read is one problem, and keeps nobody from seeing the other pipelines.
    if (error instanceof UserError) return { ...base, problems: 1 }
    if (!(error instanceof PipelineInvalid)) throw error
    const errors = error.diagnostics.filter(({ severity }) => severity === "error")
    return { ...base, problems: errors.length }
  }
}

const print = (
  { out }: CommandContext,
  pipelines: ReadonlyArray<PipelineStatus>,
  running: ReadonlyArray<RunRecord>
) => {
  const { bold, cyan, dim, green, red, yellow } = out.style
  if (pipelines.length === 0) {
    out.line("no pipelines here yet; `ablate init` writes a first one")
    return
  }
  const now = new Date()
  const lines = table(
    [
      { paint: bold },
      {
        paint: (text) =>
          text.includes("problem") ? red(text) : text.endsWith("known") ? green(text) : yellow(text)
      },
      { paint: dim, flexible: true }
    ],
    pipelines.map(({ pipeline, problems, counts, last }) => [
      pipeline,
      counts === undefined ? `${count(problems, "problem")}: ablate check` : knownText(counts),
      last === undefined
        ? "never run"
        : `${last.name}, ${last.state} ${ago(new Date(last.startedAt), now)}`
    ]),
    out
  )
  for (const line of lines) out.line(line)
  if (running.length === 0) return
  out.line()
  for (const run of running) {
    out.line(
      `${cyan("running")}  ${bold(run.name)}  ${run.pipeline}, ${count(run.counts.total, "instance")}, since ${ago(new Date(run.startedAt), now).replace(/ ago$/, "")}`
    )
  }
}

const knownText = ({ instances, known }: Pick<Totals, "instances" | "known">) =>
  known === instances ? "all known" : `${grouped(known)} of ${grouped(instances)} known`
