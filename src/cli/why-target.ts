/** What `why STAGE [FILE]` is asked about: in either order, and without a FILE the pipeline of the newest run, as it was run. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import type { RunRecord } from "../store/run-record.ts"
import type { CommandContext } from "./command.ts"
import { fileAtPath, impliedPipeline, pipelineFiles, pipelineNamed } from "./pipeline-file.ts"
import { openFile, openPipeline, type OpenedPipeline } from "./pipeline.ts"
import { existingStore, openProject, type Project } from "./project.ts"

export interface WhyTarget {
  readonly opened: OpenedPipeline
  /** The stage, instance or pattern; absent when only a pipeline was named. */
  readonly name: string | undefined
  /** The run whose pipeline and values are meant, when the call named none. */
  readonly run?: string
}

export const openWhyTarget = async (context: CommandContext): Promise<WhyTarget> => {
  const [first, second] = context.args
  const near = fileAtPath(first, context.cwd) ?? fileAtPath(second, context.cwd)
  const project = await openProject(context, near)
  const named = (word: string | undefined) =>
    word === undefined ? undefined : pipelineNamed(word, project.root, context.cwd)
  if (named(first) === undefined) {
    if (named(second) !== undefined) return target(context, [second ?? "", first ?? ""])
    const last = second === undefined ? await fromNewestRun(context, project) : undefined
    if (last !== undefined) return { ...last, name: first }
  }
  return target(context, context.args)
}

const target = async (
  context: CommandContext,
  words: ReadonlyArray<string>
): Promise<WhyTarget> => {
  const opened = await openPipeline(context, words)
  const [name, extra] = opened.stages
  if (extra !== undefined) {
    throw new UserError(`there is no pipeline "${name}"`, {
      hint: "usage: ablate why STAGE [FILE]"
    })
  }
  return { opened, name }
}

/**
 * The newest whose pipeline is still there. Only where the project has several pipelines and none is the default: otherwise
 * that one is meant.
 */
const fromNewestRun = async (
  context: CommandContext,
  project: Project
): Promise<Pick<WhyTarget, "opened" | "run"> | undefined> => {
  if (impliedPipeline(project, pipelineFiles(project.root)) !== undefined) return undefined
  if (!existsSync(project.storeRoot)) return undefined
  const fileOf = ({ file }: RunRecord) => resolve(project.root, file)
  const last = existingStore(project)
    .runs.list()
    .find((run) => existsSync(fileOf(run)))
  if (last === undefined) return undefined
  // With values of its own, the call asks what they would change.
  const set = context.flags.has("set") ? undefined : last.set
  return { opened: await openFile(context, project, fileOf(last), [], set), run: last.name }
}
