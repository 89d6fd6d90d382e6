/** Which file a call means: a path, the name of a pipeline of the project, or none at all. */
import { existsSync, readdirSync } from "node:fs"
import { basename, join, relative, resolve, sep } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { isFile } from "../plan/file-state.ts"

const ending = /\.ya?ml$/

/** The pipelines below `pipelines/` of a project, absolute, by name. */
export const pipelineFiles = (root: string): ReadonlyArray<string> => {
  const folder = join(root, "pipelines")
  if (!existsSync(folder)) return []
  try {
    return filesBelow(folder)
  } catch (cause) {
    throw new UserError(`${folder} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
}

/** What others include is no pipeline of its own. */
const partsFolder = "common"

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === partsFolder ? [] : filesBelow(path)
      return ending.test(entry.name) ? [path] : []
    })

/** `quickstart` for `pipelines/quickstart.yaml`, `digits/sample` for `pipelines/digits/sample.yaml`. */
export const nameOfPipeline = (path: string): string => {
  const parts = path.split(sep)
  const below = parts.slice(parts.lastIndexOf("pipelines", parts.length - 2) + 1)
  const name = parts.lastIndexOf("pipelines", parts.length - 2) < 0 ? [basename(path)] : below
  return name.join("/").replace(ending, "")
}

/** Whether a word can only mean a file, and never a stage or a pipeline's name. */
const isPath = (word: string) =>
  ending.test(word) || word.startsWith("./") || word.startsWith("../")

/** The file when a word names an existing one by its path, whatever the project is. */
export const fileAtPath = (word: string | undefined, cwd: string): string | undefined => {
  if (word === undefined || !ending.test(word)) return undefined
  const path = resolve(cwd, word)
  return isFile(path) ? path : undefined
}

export interface NamedPipeline {
  /** Absolute. */
  readonly file: string
  /** The arguments that are left: stages. */
  readonly stages: ReadonlyArray<string>
  /** Whether the file is the project's only or default one, and no argument named it. */
  readonly implied: boolean
}

/**
 * Reads `[FILE] [STAGE...]`. A first word that is no pipeline is a stage of the pipeline that is meant without a name.
 *
 * @throws UserError listing the pipelines when none is meant
 */
export const namePipeline = async (
  words: ReadonlyArray<string>,
  project: { readonly root: string; readonly defaultPipeline: string | undefined },
  cwd: string
): Promise<NamedPipeline> => {
  const [first, ...others] = words
  const files = pipelineFiles(project.root)
  if (first !== undefined) {
    const file = pipelineNamed(first, project.root, cwd)
    if (file !== undefined) return { file, stages: others, implied: false }
    if (isPath(first)) throw await noSuchPipeline(first, files, cwd)
  }
  const implied = impliedPipeline(project, files)
  if (implied !== undefined) return { file: implied, stages: words, implied: true }
  if (first !== undefined) throw await noSuchPipeline(first, files, cwd)
  throw files.length === 0
    ? new UserError(`there is no pipeline in ${project.root}`, {
        hint: "`ablate init` writes a first one; or name a file: `ablate run FILE`"
      })
    : new UserError("which pipeline?", {
        hint: `name one of ${files.map(nameOfPipeline).join(", ")}, or write \`default: ${nameOfPipeline(files[0] ?? "")}\` in ablate.yaml`
      })
}

/** The file of a pipeline that a word names, by path or by name. */
export const pipelineNamed = (word: string, root: string, cwd: string): string | undefined =>
  candidates(word, root, cwd).find(isFile)

const candidates = (word: string, root: string, cwd: string): ReadonlyArray<string> =>
  ending.test(word)
    ? [resolve(cwd, word), resolve(root, word), join(root, "pipelines", word)]
    : [".yaml", ".yml"].flatMap((end) => [
        resolve(cwd, word + end),
        join(root, "pipelines", word + end)
      ])

/** The default pipeline, or the only one. */
export const impliedPipeline = (
  project: { readonly root: string; readonly defaultPipeline: string | undefined },
  files: ReadonlyArray<string>
): string | undefined => {
  if (project.defaultPipeline === undefined) return files.length === 1 ? files[0] : undefined
  const file = pipelineNamed(project.defaultPipeline, project.root, project.root)
  if (file !== undefined) return file
  throw new UserError(`the default pipeline "${project.defaultPipeline}" does not exist`, {
    hint: "it is named by `default:` in ablate.yaml or by ABLATE_DEFAULT"
  })
}

const noSuchPipeline = async (
  word: string,
  files: ReadonlyArray<string>,
  cwd: string
): Promise<UserError> => {
  const { nearest } = await import("../base/nearest.ts")
  const names = files.map(nameOfPipeline)
  const close = nearest(nameOfPipeline(word), names)
  return new UserError(
    isPath(word)
      ? `there is no file ${relative(cwd, resolve(cwd, word))}`
      : `there is no pipeline "${word}"`,
    {
      hint:
        close !== undefined
          ? `did you mean ${close}?`
          : names.length === 0
            ? "`ablate init` writes a first pipeline"
            : `pipelines are ${names.join(", ")}`
    }
  )
}
