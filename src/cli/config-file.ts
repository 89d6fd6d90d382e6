/** `ablate.yaml` and the user's `config.yaml`: every problem names its line; an unknown key is a problem. */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join, relative, resolve } from "node:path"
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from "yaml"
import { nearest } from "../base/nearest.ts"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { engineChoices, isEngineChoice } from "../engine/provider/engine.ts"
import type { Settings } from "./config.ts"

export interface ConfigFile {
  readonly settings: Settings
  readonly profiles: { readonly [name: string]: Settings }
}

/** Reads one node as the value of a key; `fail` never returns. */
interface Reader {
  readonly text: (node: unknown) => string
  readonly path: (node: unknown) => string
  readonly fail: (node: unknown, message: string, hint?: string) => never
}

/** The keys of a file and of a profile, and how each is read. */
const readers: {
  readonly [K in keyof Required<Settings>]: (node: unknown, read: Reader) => Required<Settings>[K]
} = {
  store: (node, read) => read.path(node),
  results: (node, read) => read.path(node),
  jobs: (node, read) => {
    const value = isScalar(node) ? node.value : undefined
    if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value
    return read.fail(node, "jobs must be a whole number of at least 1")
  },
  engine: (node, read) => {
    const name = read.text(node)
    if (isEngineChoice(name)) return name
    return read.fail(
      node,
      `there is no engine "${name}"`,
      `engines are ${engineChoices.join(", ")}`
    )
  },
  color: (node, read) => {
    const mode = read.text(node)
    if (mode === "auto" || mode === "always" || mode === "never") return mode
    return read.fail(node, `color is auto, always or never, not ${JSON.stringify(mode)}`)
  },
  allowPaths: (node, read) =>
    isSeq(node)
      ? node.items.map(read.path)
      : read.fail(node, "allowPaths must be a list of folders"),
  default: (node, read) => read.text(node)
}

/**
 * @param cwd for the paths in messages
 * @throws UserError at the first problem
 */
export const readConfigFile = (path: string, cwd: string): ConfigFile => {
  const lines = new LineCounter()
  const document = parseDocument(read(path, cwd), { lineCounter: lines })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${shownPath(path, cwd)}:${line}:${col}`
  }
  const fail = (node: unknown, message: string, hint?: string): never => {
    const offset = (node as Node | null)?.range?.[0] ?? 0
    throw new UserError(`${at(offset)}: ${message}`, hint === undefined ? {} : { hint })
  }
  const [problem] = document.errors
  if (problem !== undefined) {
    throw new UserError(`${at(problem.pos[0])}: ${problem.message.split(" at line")[0]}`)
  }
  const text = (node: unknown) =>
    isScalar(node) && typeof node.value === "string" && node.value !== ""
      ? node.value
      : fail(node, "expected a text")
  const reader: Reader = {
    text,
    fail,
    path: (node) => {
      const written = text(node)
      return written.startsWith("~/")
        ? join(homedir(), written.slice(2))
        : resolve(dirname(path), written)
    }
  }
  if (document.contents === null) return { settings: {}, profiles: {} }
  if (!isMap(document.contents))
    return fail(document.contents, "expected settings such as `jobs: 2`")
  const profiles = document.contents.get("profiles", true)
  return {
    settings: settingsOf(document.contents, ["profiles"], reader),
    profiles: profiles === undefined ? {} : profilesOf(profiles, reader)
  }
}

const read = (path: string, cwd: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    throw new UserError(`${shownPath(path, cwd)} cannot be read: ${unreadableReason(cause)}`, {
      cause
    })
  }
}

const keysOf = (map: YAMLMap) =>
  map.items.map(({ key, value }) => ({
    key,
    value,
    name: isScalar(key) ? String(key.value) : String(key)
  }))

const settingsOf = (map: YAMLMap, others: ReadonlyArray<string>, read: Reader): Settings => {
  const settings: Record<string, unknown> = {}
  for (const { key, name, value } of keysOf(map)) {
    if (others.includes(name)) continue
    if (!Object.hasOwn(readers, name)) {
      const known = [...Object.keys(readers), ...others]
      const close = nearest(name, known)
      read.fail(
        key,
        `there is no setting "${name}"`,
        close === undefined ? `settings are ${known.join(", ")}` : `did you mean "${close}"?`
      )
    }
    settings[name] = readers[name as keyof Settings](value, read)
  }
  return settings
}

const profilesOf = (node: unknown, read: Reader): ConfigFile["profiles"] => {
  if (!isMap(node)) return read.fail(node, "profiles must be settings by name")
  return Object.fromEntries(
    keysOf(node).map(({ name, value }) => [
      name,
      isMap(value)
        ? settingsOf(value, [], read)
        : read.fail(value, `profile "${name}" must hold settings`)
    ])
  )
}

const shownPath = (path: string, cwd: string) => {
  const short = relative(cwd, path)
  return short.startsWith("..") ? path : short
}
