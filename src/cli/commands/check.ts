/** `ablate check`: everything that can be known to be wrong with a pipeline before anything runs. */
import { UserError } from "../../base/user-error.ts"
import { countWholes } from "../../plan/parts.ts"
import { pipelineFlags, type Command, type CommandContext } from "../command.ts"
import { count } from "../format.ts"
import { openFile, openPipeline, type OpenedPipeline } from "../pipeline.ts"
import { pipelineFiles } from "../pipeline-file.ts"
import { PipelineInvalid } from "../pipeline-invalid.ts"
import { openProject } from "../project.ts"

export const command: Command = {
  name: "check",
  usage: ["check [FILE]", "check --all"],
  description: `Looks for mistakes in a pipeline and in the files that it extends and includes, and reports all of them at
    once: names, types, shapes, ranges, cycles, missing files. Nothing is executed. The exit code is 2 when
    there is a problem; warnings leave it 0.`,
  args: { min: 0, max: 1 },
  flags: [
    pipelineFlags,
    { title: "Check", flags: [{ name: "all", summary: "check every pipeline of the project" }] }
  ],
  examples: [
    { line: "ablate check quickstart", note: "pipelines/quickstart.yaml" },
    { line: "ablate check --all --json", note: "for an editor or a CI job" }
  ],
  run: async (context) => {
    if (context.flags.has("all")) return checkAll(context)
    const opened = await openPipeline(context)
    if (context.json)
      context.printJson({ pipelines: [jsonOf(opened)], diagnostics: opened.warnings })
    else context.out.line(lineOf(opened, context))
    return 0
  }
}

const stageCount = ({ pipeline }: OpenedPipeline) =>
  new Set(pipeline.instances.map(({ stage }) => stage)).size

const lineOf = (opened: OpenedPipeline, { out }: CommandContext): string => {
  const { pipeline, warnings } = opened
  const { bold, green, yellow } = out.style
  const verdict =
    warnings.length === 0 ? green("no problems") : yellow(count(warnings.length, "warning"))
  return `${bold(pipeline.file)}: ${count(stageCount(opened), "stage")}, ${count(countWholes(pipeline.instances), "instance")}${partsText(pipeline)}, ${verdict}`
}

const partsText = ({ instances }: OpenedPipeline["pipeline"]): string => {
  const parts = instances.filter(({ part }) => part !== undefined).length
  return parts === 0 ? "" : ` with ${count(parts, "part")}`
}

const jsonOf = (opened: OpenedPipeline) => ({
  pipeline: opened.pipeline.name,
  file: opened.pipeline.file,
  stages: stageCount(opened),
  instances: countWholes(opened.pipeline.instances),
  parts: opened.pipeline.instances.filter(({ part }) => part !== undefined).length,
  types: Object.fromEntries(opened.pipeline.instances.map(({ id, outputs }) => [id, outputs]))
})

const checkAll = async (context: CommandContext): Promise<number> => {
  const [word] = context.args
  if (word !== undefined) throw new UserError(`--all checks every pipeline: what is "${word}"?`)
  const project = await openProject(context)
  const files = pipelineFiles(project.root)
  if (files.length === 0) throw new UserError(`there is no pipeline in ${project.root}`)
  const good: Array<OpenedPipeline> = []
  const bad: Array<PipelineInvalid> = []
  for (const file of files) {
    try {
      const opened = await openFile(context, project, file)
      good.push(opened)
      if (!context.json) context.out.line(lineOf(opened, context))
    } catch (error) {
      if (!(error instanceof PipelineInvalid)) throw error
      bad.push(error)
    }
  }
  const problems = bad.flatMap(({ diagnostics }) => diagnostics)
  if (bad.length > 0) {
    const sources = new Map(
      bad.flatMap((error) => error.sources.map((source) => [source.shown, source]))
    )
    throw new PipelineInvalid(problems, [...sources.values()])
  }
  if (context.json) {
    context.printJson({
      pipelines: good.map(jsonOf),
      diagnostics: good.flatMap(({ warnings }) => warnings)
    })
  }
  return 0
}
