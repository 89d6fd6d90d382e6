/**
 * Settings from outside a pipeline, the first that says something winning: flag, environment (`ABLATE_...`), profile,
 * the project's `ablate.yaml`, the user's own file, and at last the default of whoever asks.
 *
 * None of them enters a key: two people with different settings share their results. (The engine that is used does, by
 * its numerics class.)
 */
import { existsSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import { type EngineChoice, engineChoices, isEngineChoice } from "../engine/provider/engine.ts"
import type { CommandContext } from "./command.ts"
import type { ConfigFile } from "./config-file.ts"
import { wholeNumber } from "./parse.ts"
import type { ColorMode } from "./terminal.ts"

/** Paths are absolute here; in a file they are relative to its folder, elsewhere to the working directory. */
export interface Settings {
  readonly store?: string
  readonly results?: string
  readonly jobs?: number
  readonly engine?: EngineChoice
  readonly color?: ColorMode
  readonly allowPaths?: ReadonlyArray<string>
  /** The pipeline to take when none is named: a name or a path. */
  readonly default?: string
}

/** One place that may say something, and what it says. */
export interface SettingsSource {
  /** As `doctor` names it: a path, `environment`, `profile ci`, `flags`. */
  readonly name: string
  readonly settings: Settings
}

export const readSettings = async (root: string, context: CommandContext): Promise<Settings> =>
  Object.assign({}, ...(await settingsSources(root, context)).map(({ settings }) => settings))

/** All places that say something; what a later one says goes before what earlier ones do. */
export const settingsSources = async (
  root: string,
  context: CommandContext
): Promise<ReadonlyArray<SettingsSource>> => {
  const [userPath, projectPath] = [
    join(userFolder(context.env), "ablate", "config.yaml"),
    join(root, "ablate.yaml")
  ]
  const projectFile = await readConfig(projectPath, context)
  const userFile = await readConfig(userPath, context)
  const profile = profileOf(context, projectFile, userFile)
  const name = context.flags.text("profile") ?? context.env["ABLATE_PROFILE"]
  const sources = [
    { name: userPath, settings: userFile?.settings ?? {} },
    { name: projectPath, settings: projectFile?.settings ?? {} },
    { name: `profile ${name}`, settings: profile ?? {} },
    { name: "environment", settings: fromEnvironment(context) },
    { name: "flags", settings: fromFlags(context) }
  ]
  return sources.filter(({ settings }) => Object.keys(settings).length > 0)
}

const userFolder = (env: NodeJS.ProcessEnv): string =>
  env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config")

/** YAML is loaded only where there is a file to read. */
const readConfig = async (
  path: string,
  context: CommandContext
): Promise<ConfigFile | undefined> => {
  if (!existsSync(path) || !statSync(path).isFile()) return undefined
  const { readConfigFile } = await import("./config-file.ts")
  return readConfigFile(path, context.cwd)
}

const profileOf = (
  context: CommandContext,
  ...files: ReadonlyArray<ConfigFile | undefined>
): Settings | undefined => {
  const name = context.flags.text("profile") ?? (context.env["ABLATE_PROFILE"] || undefined)
  if (name === undefined) return undefined
  for (const file of files) {
    const found = file?.profiles[name]
    if (found !== undefined) return found
  }
  const names = files.flatMap((file) => Object.keys(file?.profiles ?? {}))
  throw new UserError(`there is no profile "${name}"`, {
    hint:
      names.length === 0
        ? "profiles are written in ablate.yaml, below `profiles:`"
        : `profiles are ${names.join(", ")}`
  })
}

const fromEnvironment = ({ env, cwd }: CommandContext): Settings => {
  const at = (name: string) => env[`ABLATE_${name}`] || undefined
  const [store, results, jobs, engine, color] = ["STORE", "RESULTS", "JOBS", "ENGINE", "COLOR"].map(
    at
  )
  const allowPaths = at("ALLOW_PATHS")
  const pipeline = at("DEFAULT")
  return {
    ...(store === undefined ? {} : { store: resolve(cwd, store) }),
    ...(results === undefined ? {} : { results: resolve(cwd, results) }),
    ...(jobs === undefined ? {} : { jobs: wholeNumber("ABLATE_JOBS", jobs, 1) }),
    ...(engine === undefined ? {} : { engine: engineOf("ABLATE_ENGINE", engine) }),
    ...(color === undefined ? {} : { color: colorOf("ABLATE_COLOR", color) }),
    ...(allowPaths === undefined
      ? {}
      : { allowPaths: allowPaths.split(delimiter).map((path) => resolve(cwd, path)) }),
    ...(pipeline === undefined ? {} : { default: pipeline })
  }
}

const engineOf = (source: string, text: string): EngineChoice => {
  if (isEngineChoice(text)) return text
  throw new UserError(`${source} ${text}: expected one of ${engineChoices.join(", ")}`)
}

const colorOf = (source: string, text: string): ColorMode => {
  if (text === "auto" || text === "always" || text === "never") return text
  throw new UserError(`${source} ${text}: expected auto, always or never`)
}

const fromFlags = ({ flags, cwd, env }: CommandContext): Settings => {
  const [store, results, engine] = ["store", "results", "engine"].map((name) => flags.text(name))
  const jobs = flags.declares("jobs") ? flags.integer("jobs", 1) : undefined
  const allowed = flags.declares("allow-path") ? flags.all("allow-path") : []
  return {
    ...(store === undefined ? {} : { store: resolve(cwd, store) }),
    ...(results === undefined ? {} : { results: resolve(cwd, results) }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(engine === undefined ? {} : { engine: engineOf("--engine", engine) }),
    ...(allowed.length === 0 ? {} : { allowPaths: allowed.map((path) => resolve(cwd, path)) }),
    ...(flags.has("no-color") ? { color: "never" as const } : noColor(env))
  }
}

/** A person's NO_COLOR goes before what a project's file says. */
const noColor = (env: NodeJS.ProcessEnv): Settings =>
  (env["NO_COLOR"] ?? "") !== "" && !env["ABLATE_COLOR"] ? { color: "never" } : {}
