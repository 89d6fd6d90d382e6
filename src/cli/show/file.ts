/** A file outside of the store: the recipe inside it, and where in the store it comes from. */
import { readFileSync } from "node:fs"
import { extname, resolve } from "node:path"
import { type Digest, isDigest } from "../../base/digest.ts"
import type { JsonObject } from "../../base/json.ts"
import { unreadableReason } from "../../base/unreadable-reason.ts"
import { UserError } from "../../base/user-error.ts"
import type { CommandContext } from "../command.ts"
import { ago, bytes, duration } from "../format.ts"
import { type History, originOf } from "../what/history.ts"
import { printFacts } from "./facts.ts"
import { againText, paramsText } from "./print-value.ts"
import { madeOf, type Made } from "./value.ts"

/** Endings of the files that can hold a recipe. */
const readable = new Set([".png", ".safetensors", ".json"])

export const isRecipeFile = (word: string): boolean => readable.has(extname(word).toLowerCase())

export interface FileReport {
  /** As written on the command line. */
  readonly path: string
  readonly sizeBytes: number
  /** What ablate wrote into the file when it was made. */
  readonly recipe: JsonObject
  /** What the store remembers of it; absent when it has never seen the key, or has forgotten it. */
  readonly made?: Made
  /** Whether the value is still in the store. */
  readonly present: boolean
  readonly value?: Digest
}

/** @throws UserError when the file cannot be read, or has no recipe in it */
export const loadFile = async (
  word: string,
  cwd: string,
  history: History | undefined
): Promise<FileReport> => {
  const content = read(word, cwd)
  const recipe = await recipeIn(word, content).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause
    throw new UserError(`${word}: ${cause.message}`, { exitCode: 1, cause })
  })
  if (recipe === undefined) {
    throw new UserError(`${word} has no recipe in it`, {
      hint: "ablate writes one into the PNG and safetensors files of results/ and of `show -o`; other programs drop it when they save a file again"
    })
  }
  const about = { path: word, sizeBytes: content.byteLength, recipe }
  const { key, instance, port } = recipe
  if (history === undefined || typeof key !== "string" || !isDigest(key)) {
    return { ...about, present: false }
  }
  const named = typeof instance === "string" ? instance : undefined
  const origin =
    originOf(history, { key, ...(named === undefined ? {} : { instance: named }) }) ??
    originOf(history, { key })
  const { store } = history
  const action = store.actions.get(key)
  const output = typeof port === "string" ? action?.outputs[port] : undefined
  return {
    ...about,
    ...(origin === undefined ? {} : { made: madeOf(origin) }),
    present: action !== undefined && store.blobs.missing(action.blobs).length === 0,
    ...(output === undefined ? {} : { value: output.digest })
  }
}

const read = (word: string, cwd: string): Uint8Array => {
  try {
    return readFileSync(resolve(cwd, word))
  } catch (cause) {
    throw new UserError(`${word} cannot be read: ${unreadableReason(cause)}`, {
      exitCode: 1,
      cause
    })
  }
}

const recipeIn = async (word: string, content: Uint8Array): Promise<JsonObject | undefined> => {
  switch (extname(word).toLowerCase()) {
    case ".png": {
      const { readPngRecipe } = await import("../../values/png-recipe.ts")
      return readPngRecipe(content)
    }
    case ".safetensors": {
      const { readSafetensorsRecipe } = await import("../../values/safetensors-recipe.ts")
      return readSafetensorsRecipe(content)
    }
    default:
      return recipeInJson(content)
  }
}

const recipeInJson = (content: Uint8Array): JsonObject | undefined => {
  try {
    const { recipe } = JSON.parse(Buffer.from(content).toString("utf8")) as { recipe?: JsonObject }
    return recipe
  } catch {
    return undefined
  }
}

export const printFile = (report: FileReport, { out }: Pick<CommandContext, "out">): void => {
  const { made, path, present, recipe, sizeBytes, value } = report
  const { bold, green, yellow } = out.style
  const text = (name: string) => {
    const item = recipe[name]
    return typeof item === "string" ? item : ""
  }
  const port = text("port") === "" ? "" : `.${text("port")}`
  out.line(`${bold(path)}  ${text("instance")}${port}  ${bytes(sizeBytes)}`)
  const when = made?.at === undefined ? "" : ` ${ago(new Date(made.at), new Date())}`
  const time = made?.seconds === undefined ? "" : `, took ${duration(made.seconds)}`
  const run = made?.run ?? text("run")
  printFacts(
    [
      ["made by", `${text("uses")}${run === "" ? "" : ` in ${run}`}${when}${time}`],
      ["pipeline", made === undefined ? text("pipeline") : `${made.pipeline} (${made.file})`],
      ["parameters", paramsText(paramsOf(recipe))],
      ["key", text("key").slice(0, 16)],
      ["value", value?.slice(0, 16) ?? ""],
      ["written by", text("ablate") === "" ? "" : `ablate ${text("ablate")}`]
    ],
    out
  )
  out.line()
  out.line(
    present
      ? `  ${green("✓")} its value is in the store`
      : `  ${yellow("!")} its value is not in this store${againText(made)}`
  )
}

const paramsOf = ({ params }: JsonObject): JsonObject | undefined =>
  typeof params === "object" && params !== null && !Array.isArray(params)
    ? (params as JsonObject)
    : undefined
