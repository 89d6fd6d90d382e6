/** One file of YAML (JSON is YAML too), read into a source and nodes. */
import { readFileSync, statSync } from "node:fs"
import { relative } from "node:path"
import { UserError } from "../base/user-error.ts"
import type { Node } from "./node.ts"
import { parseYaml } from "./parse-yaml.ts"
import type { Problems } from "./problems.ts"
import { type Source, startOf } from "./source.ts"

const maxBytes = 10 * 1024 * 1024

export interface ReadFile {
  readonly source: Source
  /** Absent when the text has syntax errors (then reported) or is empty. */
  readonly root: Node | undefined
  readonly broken: boolean
}

/** Relative to the working directory, unless that only climbs. */
export const shownPath = (path: string, cwd: string): string => {
  const way = relative(cwd, path)
  return way === "" || way.length > path.length ? path : way
}

/**
 * @param path absolute, of a regular readable file
 * @throws UserError when the file is too large or vanished
 */
export const readYamlFile = (path: string, cwd: string, problems: Problems): ReadFile => {
  const shown = shownPath(path, cwd)
  const bytes = readBytes(path, shown)
  const text = decode(bytes)
  const source: Source = { path, shown, text: text ?? "" }
  if (text === undefined) {
    problems.error("encoding", startOf(source), "this file is not UTF-8 text", "save it as UTF-8")
    return { source, root: undefined, broken: true }
  }
  const before = problems.errorCount()
  const root = parseYaml(source, problems)
  return { source, root, broken: root === undefined && problems.errorCount() > before }
}

const readBytes = (path: string, shown: string): Uint8Array => {
  try {
    const { size } = statSync(path)
    if (size > maxBytes) {
      throw new UserError(
        `\`${shown}\` is too large to be a pipeline: ${Math.ceil(size / 1024 / 1024)} MB`,
        {
          hint: "a pipeline file has at most 10 MB"
        }
      )
    }
    return readFileSync(path)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(`\`${shown}\` cannot be read`, {
      cause,
      hint: cause instanceof Error ? cause.message : String(cause)
    })
  }
}

const decode = (bytes: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes("\0") ? undefined : text
  } catch {
    return undefined
  }
}
