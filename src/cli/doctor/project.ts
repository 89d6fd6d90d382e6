/** Where the call works, and which settings hold there and why. */
import { relative } from "node:path"
import { UserError } from "../../base/user-error.ts"
import type { CommandContext } from "../command.ts"
import { type Settings, settingsSources } from "../config.ts"
import { count, list } from "../format.ts"
import { nameOfPipeline, pipelineFiles } from "../pipeline-file.ts"
import type { Project } from "../project.ts"
import type { Finding } from "./check.ts"

export const checkProject = async (
  project: Project,
  context: CommandContext
): Promise<ReadonlyArray<Finding>> => [
  { name: "root", status: "ok", text: `root ${project.root}` },
  ...(await checkSettings(project, context)),
  checkPipelines(project),
  await checkStages(project)
]

/** One line a setting: its value, and the place that says so. */
const checkSettings = async (
  project: Project,
  context: CommandContext
): Promise<ReadonlyArray<Finding>> => {
  const sources = await settingsSources(project.root, context)
  const origin = (key: keyof Settings) => {
    const source = sources.findLast(({ settings }) => settings[key] !== undefined)
    return source === undefined ? "default" : shown(source.name, project.root)
  }
  const lines: ReadonlyArray<readonly [keyof Settings, string]> = [
    ["store", project.storeRoot],
    ["results", project.resultsRoot],
    ["jobs", String(project.jobs)],
    ["engine", project.engine.choice],
    ...(project.defaultPipeline === undefined
      ? []
      : [["default", project.defaultPipeline] as const]),
    ...(project.allowedPaths.length === 0
      ? []
      : [["allowPaths", project.allowedPaths.join(", ")] as const])
  ]
  return lines.map(([key, value]) => ({
    name: `setting-${key}`,
    status: "ok",
    text: `${key} ${value} (${origin(key)})`
  }))
}

const shown = (path: string, root: string): string => {
  const short = relative(root, path)
  return short.startsWith("..") || !path.startsWith("/") ? path : short
}

const checkPipelines = ({ root }: Project): Finding => {
  const names = pipelineFiles(root).map(nameOfPipeline)
  return names.length === 0
    ? {
        name: "pipelines",
        status: "note",
        text: "no pipelines",
        hint: "`ablate init` writes a first one"
      }
    : {
        name: "pipelines",
        status: "ok",
        text: `${count(names.length, "pipeline")}: ${list(names, 6)}`
      }
}

/** Loads every stage: one that cannot be loaded stops each pipeline that uses it. */
const checkStages = async ({ registry }: Project): Promise<Finding> => {
  const broken: Array<string> = []
  let hint: string | undefined
  for (const uses of registry.entries.keys()) {
    try {
      await registry.load(uses)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      broken.push(error.message)
      hint ??= error.hint
    }
  }
  const own = [...registry.entries.values()].filter((entry) => entry.own).length
  const total = registry.entries.size
  if (broken.length === 0) {
    const ours = own === 0 ? "" : `, ${own} of them the project's own`
    return { name: "stages", status: "ok", text: `${count(total, "stage")}${ours}` }
  }
  return {
    name: "stages",
    status: "problem",
    text: `${broken.length} of ${count(total, "stage")} cannot be loaded: ${broken.join("; ")}`,
    ...(hint === undefined ? {} : { hint })
  }
}
