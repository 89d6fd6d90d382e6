/** Finds stages by path: `stages/noise/add.ts` is `noise/add`. Modules are imported only when they are asked for. */
import { readdirSync, type Dirent } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { nearest } from "../base/nearest.ts"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import type { StageDefinition } from "../stage.ts"
import { letStagesImportAblate } from "./ablate-package.ts"
import type { StageEntry, StageRegistry } from "./registry.ts"

export interface StageFolder {
  readonly path: string
  /** Whether it belongs to the user's project (and not to ablate itself). */
  readonly own: boolean
}

/**
 * A folder that does not exist holds no stages.
 *
 * @throws UserError when two folders have a stage of the same type, or a folder cannot be read
 */
export const openRegistry = (folders: ReadonlyArray<StageFolder>): StageRegistry => {
  const found = new Map<string, StageEntry>()
  for (const { path, own } of folders) {
    const root = resolve(path)
    for (const relative of stageFiles(root, "")) {
      const uses = relative.replace(/\.[jt]s$/, "")
      const file = join(root, relative)
      const other = found.get(uses)
      if (other !== undefined && other.file !== file) {
        throw new UserError(`two files define the stage \`${uses}\`: ${other.file} and ${file}`, {
          hint: "rename one of them: a stage's type is its path below `stages/`"
        })
      }
      found.set(uses, { uses, file, own })
    }
  }
  const entries = new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const loaded = new Map<string, Promise<StageDefinition>>()
  return {
    entries,
    load: async (uses) => {
      const known = loaded.get(uses) ?? loadStage(entries, uses)
      loaded.set(uses, known)
      return known
    }
  }
}

/** A symbolic link to a folder is not followed: it could lead in a circle. */
const stageFiles = (root: string, below: string): ReadonlyArray<string> =>
  list(join(root, below)).flatMap((entry) => {
    const { name } = entry
    if (name.startsWith("_") || name.startsWith(".") || name === "node_modules") return []
    const path = below === "" ? name : `${below}/${name}`
    if (entry.isDirectory()) return stageFiles(root, path)
    const isStage = /\.[jt]s$/.test(name) && !/\.(?:test\.[jt]s|d\.ts)$/.test(name)
    return isStage ? [path] : []
  })

const list = (folder: string): ReadonlyArray<Dirent> => {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
      a.name < b.name ? -1 : 1
    )
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return []
    throw new UserError(`${folder} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
}

const loadStage = async (
  entries: StageRegistry["entries"],
  uses: string
): Promise<StageDefinition> => {
  const entry = entries.get(uses)
  if (entry === undefined) {
    const near = nearest(uses, entries.keys())
    throw new UserError(`there is no stage type \`${uses}\``, {
      hint: near === undefined ? "`ablate stages` lists all" : `did you mean \`${near}\`?`
    })
  }
  let module: { readonly default?: unknown }
  letStagesImportAblate()
  try {
    module = (await import(pathToFileURL(entry.file).href)) as { readonly default?: unknown }
  } catch (cause) {
    throw new UserError(
      `the stage \`${uses}\` cannot be loaded from ${placeIn(entry.file, cause)}: ${reason(cause)}`,
      { cause, hint: "mend the file" }
    )
  }
  const fault = definitionFault(module.default)
  if (fault === undefined) return module.default as StageDefinition
  throw new UserError(`${entry.file} is no stage: ${fault}`, {
    hint: "a stage's file has `export default defineStage({ … })`; files that start with `_` are not taken for stages"
  })
}

/** The file, with the line of it that Node blames where it blames one: `stages/a.ts:12`. */
const placeIn = (file: string, cause: unknown): string => {
  const stack = cause instanceof Error ? (cause.stack ?? "") : ""
  for (const name of [pathToFileURL(file).href, file]) {
    const after = stack.split(`${name}:`)[1]
    const place = after === undefined ? null : /^\d+(?::\d+)?/.exec(after)
    if (place !== null) return `${file}:${place[0]}`
  }
  return file
}

const reason = (cause: unknown): string =>
  (cause instanceof Error
    ? `${cause.name === "Error" ? "" : `${cause.name}: `}${cause.message}`
    : String(cause)
  )
    .replace(/\s*\n\s*/g, " ")
    .slice(0, 500)

/** A name that is no parameter would leave a file's content out of the key. */
const filesFault = (value: object, params: ReadonlyArray<string>): string | undefined => {
  for (const list of ["files", "folders"] as const) {
    const names = (value as { readonly [key in typeof list]?: unknown })[list] ?? []
    if (!Array.isArray(names)) return `its \`${list}\` is not a list of parameters' names`
    const stranger = names.find((name) => !params.includes(name as string))
    if (stranger !== undefined) {
      return `its \`${list}\` names \`${String(stranger)}\`, which is none of its parameters`
    }
  }
  return undefined
}

const partsFault = (value: object): string | undefined => {
  const { partTypes, parts } = value as { readonly partTypes?: unknown; readonly parts?: unknown }
  if (parts !== undefined && typeof parts !== "function") return "its `parts` is not a function"
  if (partTypes === undefined) return undefined
  const isList = Array.isArray(partTypes) && partTypes.every((uses) => typeof uses === "string")
  return isList ? undefined : "its `partTypes` is not a list of stage types"
}

const required = ["summary", "params", "inputs", "outputs", "example", "run"]

const definitionFault = (value: unknown): string | undefined => {
  if (value === undefined) return "it has no default export"
  if (typeof value !== "object" || value === null)
    return "its default export is not a stage's definition"
  const absent = required.filter((name) => !(name in value))
  if (absent.length > 0)
    return `its definition has no ${absent.map((name) => `\`${name}\``).join(", ")}`
  const { params, run } = value as Record<string, unknown>
  if (typeof run !== "function") return "its `run` is not a function"
  const isStruct = typeof params === "object" || typeof params === "function"
  if (!isStruct || params === null || !("fields" in params))
    return "its `params` is not a `Schema.Struct`"
  return filesFault(value, Object.keys(params.fields as object)) ?? partsFault(value)
}
