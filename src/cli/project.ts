/** Where a call works: the project's root, its store, its results, its stages, and the settings that hold for it. */
import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import { availableCores } from "../engine/provider/cores.ts"
import { openRegistry } from "../language/open-registry.ts"
import type { StageRegistry } from "../language/registry.ts"
import { linkedFolders } from "../pretrained/linked-folders.ts"
import { openStore, type Store } from "../store/store.ts"
import type { CommandContext } from "./command.ts"
import { readSettings, type Settings } from "./config.ts"
import { openEngine, type ProjectEngine } from "./engine.ts"

export interface Project {
  /** Absolute. The folder that holds `pipelines/`, `stages/` or `ablate.yaml`. */
  readonly root: string
  /** Absolute. */
  readonly storeRoot: string
  /** Absolute; a run lays its files out in a folder of the pipeline's name below it. */
  readonly resultsRoot: string
  /** Stages that run at once. */
  readonly jobs: number
  /** What computes tensors; decided at the first use. */
  readonly engine: ProjectEngine
  /** Absolute folders outside the project that its pipelines may read; listed at the first use. */
  readonly allowedPaths: ReadonlyArray<string>
  /** The pipeline to take when a call names none. */
  readonly defaultPipeline: string | undefined
  /** Opened at the first use. */
  readonly store: Store
  /** The project's stages and ablate's own; listed at the first use. */
  readonly registry: StageRegistry
}

/**
 * @param near a pipeline file that was named by its path: its own project is meant, wherever the call is made from
 */
export const openProject = async (context: CommandContext, near?: string): Promise<Project> => {
  const root =
    (near === undefined ? undefined : findRoot(dirname(near))) ??
    findRoot(context.cwd) ??
    (near === undefined ? context.cwd : dirname(near))
  const settings = await readSettings(root, context)
  if (settings.color !== undefined) {
    context.out.setColor(settings.color)
    context.err.setColor(settings.color)
  }
  return projectOf(root, settings, context)
}

const projectOf = (root: string, settings: Settings, context: CommandContext): Project => {
  const storeRoot = settings.store ?? join(root, "artifacts")
  let store: Store | undefined
  let registry: StageRegistry | undefined
  let allowedPaths: ReadonlyArray<string> | undefined
  return {
    root,
    storeRoot,
    resultsRoot: settings.results ?? join(root, "results"),
    jobs: settings.jobs ?? availableCores(),
    engine: openEngine(settings.engine ?? "auto", storeRoot),
    get allowedPaths() {
      allowedPaths ??= [...(settings.allowPaths ?? []), ...linkedFolders(root)]
      return allowedPaths
    },
    defaultPipeline: settings.default,
    get store() {
      // Made by the first thing that is written: a plan of a project that may only be read writes nothing.
      store ??= openStore(storeRoot, { create: false })
      return store
    },
    get registry() {
      registry ??= openRegistry(stageFolders(root, context.ownStages))
      return registry
    }
  }
}

/** In ablate's own checkout the two folders are one. */
const stageFolders = (root: string, ownStages: string) => {
  const folder = join(root, "stages")
  const builtIn = { path: ownStages, own: false }
  return resolve(folder) === resolve(ownStages) || !existsSync(folder)
    ? [builtIn]
    : [builtIn, { path: folder, own: true }]
}

/** The nearest folder upwards with `ablate.yaml`; else the nearest with `pipelines/` or `stages/`. */
const findRoot = (from: string): string | undefined =>
  nearestAbove(from, (folder) => existsSync(join(folder, "ablate.yaml"))) ??
  nearestAbove(
    from,
    (folder) => existsSync(join(folder, "pipelines")) || existsSync(join(folder, "stages"))
  )

const nearestAbove = (from: string, isIt: (folder: string) => boolean): string | undefined => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (isIt(folder)) return folder
    if (dirname(folder) === folder) return undefined
  }
}

/** For commands that only read: a store that is not there yet is said to be so, and not made. */
export const existingStore = (project: Project): Store => {
  if (existsSync(join(project.storeRoot, "store.json"))) return project.store
  throw new UserError(`there is no store at ${project.storeRoot} yet`, {
    hint: "`ablate run` makes it; --store names another",
    exitCode: 2
  })
}
