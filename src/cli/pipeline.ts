/** Opens the pipeline that a call names: checked, fingerprinted, and with all that a plan needs. */
import { resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import type { Diagnostic } from "../language/diagnostic.ts"
import type { CheckedPipeline } from "../language/pipeline.ts"
import type { PlanContext } from "../plan/decide.ts"
import { stageOf } from "../plan/instance-name.ts"
import { prepare, type Prepared } from "../plan/prepare.ts"
import { openStatCache } from "../store/stat-cache.ts"
import type { CommandContext } from "./command.ts"
import { fileAtPath, namePipeline, nameOfPipeline, pipelineFiles } from "./pipeline-file.ts"
import { PipelineInvalid } from "./pipeline-invalid.ts"
import { openProject, type Project } from "./project.ts"

export interface OpenedPipeline {
  readonly project: Project
  readonly pipeline: CheckedPipeline
  readonly prepared: Prepared
  readonly warnings: ReadonlyArray<Diagnostic>
  /** Arguments after the pipeline's. */
  readonly stages: ReadonlyArray<string>
  /** What `decide` and `planPipeline` need; `--force` is in it where the command has that flag. */
  readonly planContext: PlanContext
  /** Keeps the digests of source files for the next start; call it when the work is done. */
  readonly saveDigests: () => void
}

/**
 * Reads `[FILE] [STAGE...]` and the flags in `pipelineFlags`; prints warnings.
 *
 * @throws PipelineInvalid when the file has problems, UserError when there is no such file
 */
export const openPipeline = async (
  context: CommandContext,
  words: ReadonlyArray<string> = context.args
): Promise<OpenedPipeline> => {
  const { cwd } = context
  const project = await openProject(context, fileAtPath(words[0], cwd))
  const { file, stages, implied } = await namePipeline(words, project, cwd)
  const opened = await openFile(context, project, file, stages)
  if (implied) await doubtFirstWord(opened)
  return opened
}

/**
 * The same for a file that is already known.
 *
 * @param set values in place of those of `--set`
 */
export const openFile = async (
  context: CommandContext,
  project: Project,
  file: string,
  stages: ReadonlyArray<string> = [],
  set?: ReadonlyArray<string>
): Promise<OpenedPipeline> => {
  const { flags, cwd } = context
  const all = (name: string) => (flags.declares(name) ? flags.all(name) : [])
  const { store } = project
  const prepared = await prepare({
    root: project.root,
    cwd,
    file,
    set: set ?? all("set"),
    paramsFiles: all("params").map((path) => resolve(cwd, path)),
    allowedPaths: project.allowedPaths,
    registry: project.registry,
    store
  })
  const { pipeline, diagnostics } = prepared
  if (pipeline === undefined || diagnostics.some(({ severity }) => severity === "error")) {
    throw new PipelineInvalid(diagnostics, prepared.sources)
  }
  await printWarnings(context, prepared)
  const digests = openStatCache(store)
  return {
    project,
    pipeline,
    prepared,
    warnings: diagnostics,
    stages,
    planContext: {
      store,
      code: prepared.code,
      // Asked for when a stage computes tensors: the first time on a machine engines are tried, which takes a while.
      get numerics() {
        return project.engine.numericsClass()
      },
      fileDigest: (path) => digests.digest(path),
      forced: await forcedBy(context, pipeline)
    },
    saveDigests: () => {
      try {
        digests.save()
      } catch (error) {
        // It only spares work, and a project that may not be written can be planned; a run says what keeps it from writing.
        if (!(error instanceof UserError)) throw error
      }
    }
  }
}

const forcedBy = async (
  { flags }: CommandContext,
  pipeline: CheckedPipeline
): Promise<ReadonlySet<string>> => {
  if (!flags.declares("force") || !flags.has("force")) return new Set()
  const { matchInstances } = await import("../plan/select.ts")
  const { withParts } = await import("../plan/parts.ts")
  const forced = new Set<string>()
  for (const name of flags.all("force")) {
    for (const id of matchInstances(pipeline, name)) forced.add(id)
  }
  return withParts(pipeline.instances, forced)
}

const printWarnings = async ({ err, json, quiet }: CommandContext, prepared: Prepared) => {
  if (prepared.diagnostics.length === 0 || json || quiet) return
  const { renderDiagnostics } = await import("../language/render-diagnostics.ts")
  const text = renderDiagnostics(prepared.diagnostics, prepared.sources, { color: err.color })
  err.write(`${text.trimEnd()}\n\n`)
}

/** `ablate run quikstart` in a project with one pipeline: neither a stage nor a pipeline, but close to the latter. */
const doubtFirstWord = async ({ project, pipeline, stages }: OpenedPipeline) => {
  const [first] = stages
  if (first === undefined || /[*?[]/.test(first)) return
  if (pipeline.instances.some(({ stage }) => stage === stageOf(first))) return
  const { nearest } = await import("../base/nearest.ts")
  const stageNames = new Set(pipeline.instances.map(({ stage }) => stage))
  const pipelines = pipelineFiles(project.root).map(nameOfPipeline)
  if (nearest(first, stageNames) !== undefined) return
  const close = nearest(first, pipelines)
  throw new UserError(`"${first}" is neither a pipeline nor a stage of ${pipeline.file}`, {
    hint:
      close === undefined
        ? `pipelines are ${pipelines.join(", ")}; stages are ${[...stageNames].join(", ")}`
        : `did you mean \`ablate run ${close}\`?`
  })
}

/**
 * The instances that the arguments and `--until`, `--from` and `--only` ask for; undefined when they ask for all.
 */
export const selectionOf = async (
  { flags }: CommandContext,
  { pipeline, stages }: Pick<OpenedPipeline, "pipeline" | "stages">
): Promise<ReadonlySet<string> | undefined> => {
  const targets = [...stages, ...flags.all("until")]
  const [from, only] = [flags.all("from"), flags.all("only")]
  if (targets.length + from.length + only.length === 0) return undefined
  const { select } = await import("../plan/select.ts")
  return select(pipeline, { targets, from, only })
}
