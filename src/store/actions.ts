/**
 * Action results, one small JSON file each under its key.
 *
 * A result is committed after its blobs, so that a result that can be read names blobs that were there. They may have
 * gone since (a power cut, a damaged disk): who uses a result checks that with `Blobs.missing`.
 */
import { promises, readdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { type Digest, isDigest } from "../base/digest.ts"
import type { ActionResult } from "./action.ts"
import { temporaryName } from "./atomic-file.ts"
import { codeOf, diskProblem, makeFolder } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"
import {
  everyItem,
  everyMember,
  isAddress,
  isRecord,
  isText,
  parseJson,
  readIfThere
} from "./structure.ts"

export interface Actions {
  /** `undefined` also for a damaged file, which is then removed. Whether its blobs are there is not checked. */
  readonly get: (key: Digest) => ActionResult | undefined
  /**
   * Commits results together, so that one wait for the disk serves many. Each by itself is there whole or
   * not at all.
   *
   * @throws UserError when the disk is full or may not be written; results that were renamed by then are kept
   */
  readonly putAll: (results: ReadonlyArray<ActionResult>) => Promise<void>
  readonly list: () => Iterable<Digest>
  readonly remove: (key: Digest) => void
}

/** So many files are open at once at most; also far more than one sync of the disk's journal takes in. */
const groupSize = 128

export const openActions = (layout: Layout): Actions => {
  const remove = (key: Digest) => rmSync(layout.action(key), { force: true })
  return {
    get: (key) => {
      const text = readIfThere(layout.action(key))
      if (text === undefined) return undefined
      const action = readAction(text, key)
      if (action === undefined) removeDamaged(layout, key)
      return action
    },
    putAll: async (results) => {
      for (let start = 0; start < results.length; start += groupSize) {
        await putGroup(layout, results.slice(start, start + groupSize))
      }
    },
    list: () => listActions(layout),
    remove
  }
}

/** A store that may only be read keeps its damaged file; it counts as absent all the same. */
const removeDamaged = (layout: Layout, key: Digest): void => {
  try {
    rmSync(layout.action(key), { force: true })
  } catch (error) {
    if (!["EROFS", "EACCES", "EPERM"].includes(codeOf(error) ?? "")) throw error
  }
}

const putGroup = async (layout: Layout, results: ReadonlyArray<ActionResult>): Promise<void> => {
  const texts = results.map((result) => Buffer.from(`${JSON.stringify(result)}\n`, "utf8"))
  const outcomes = await Promise.allSettled(
    results.map((result, index) => putFile(layout, layout.action(result.key), texts[index]!))
  )
  const failed = outcomes.find((outcome) => outcome.status === "rejected")
  if (failed === undefined) return
  const sizeBytes = texts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  throw diskProblem(failed.reason, {
    folder: layout.root,
    what: "the results of stages",
    sizeBytes
  })
}

/** Every step waits for the disk in another thread: while it syncs, even making a file takes long. */
const putFile = async (layout: Layout, target: string, bytes: Uint8Array): Promise<void> => {
  const temporary = temporaryName(layout)
  try {
    const file = await openNew(layout, temporary)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await promises.rename(temporary, target).catch((error: unknown) => {
      if (codeOf(error) !== "ENOENT") throw error
      makeFolder(dirname(target))
      return promises.rename(temporary, target)
    })
  } catch (error) {
    await promises.rm(temporary, { force: true })
    throw error
  }
}

const openNew = (layout: Layout, path: string): Promise<promises.FileHandle> =>
  promises.open(path, "wx", 0o644).catch((error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw error
    layout.create()
    makeFolder(layout.temporary)
    return promises.open(path, "wx", 0o644)
  })

function* listActions(layout: Layout): Iterable<Digest> {
  for (const prefix of folderNames(layout.actions)) {
    for (const name of folderNames(`${layout.actions}/${prefix}`)) {
      const key = prefix + name.slice(0, -".json".length)
      if (name.endsWith(".json") && isDigest(key)) yield key
    }
  }
}

const folderNames = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return []
    throw error
  }
}

/** @returns `undefined` for a text that is no action result with this key */
export const readAction = (text: string, key: Digest): ActionResult | undefined => {
  const action = parseJson(text)
  return isAction(action) && action.key === key ? action : undefined
}

const isAction = (action: unknown): action is ActionResult =>
  isRecord(action) &&
  action["version"] === 1 &&
  isAddress(action["key"]) &&
  isRecipe(action["recipe"]) &&
  everyMember(action["outputs"], isOutput) &&
  everyItem(action["blobs"], isAddress) &&
  typeof action["seconds"] === "number"

const isRecipe = (recipe: unknown): boolean =>
  isRecord(recipe) &&
  isText(recipe["uses"]) &&
  isRecord(recipe["params"]) &&
  isAddress(recipe["code"]) &&
  everyMember(recipe["inputs"], isInput) &&
  everyMember(recipe["files"], isAddress) &&
  isText(recipe["numerics"])

const isInput = (input: unknown): boolean =>
  isAddress(input) ||
  everyItem(input, (item) => Array.isArray(item) && isText(item[0]) && isAddress(item[1]))

export const isOutput = (output: unknown): boolean =>
  isRecord(output) && isAddress(output["digest"]) && isText(output["type"])
