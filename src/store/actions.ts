/**
 * Action results, one small JSON file each under its key.
 *
 * A result is committed after its blobs, so that a result that can be read names blobs that were there. They may have
 * gone since (a power cut, a damaged disk): who uses a result checks that with `Blobs.missing`.
 */
import { readdirSync, rmSync } from "node:fs"
import { type Digest, isDigest } from "../base/digest.ts"
import type { ActionResult } from "./action.ts"
import { moveInto, openTemporary, syncFile, type Temporary, writeAll } from "./atomic-file.ts"
import { codeOf, diskProblem } from "./disk-problem.ts"
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
   * Commits results together: all are written, all synced at once, and then all renamed. Each by itself is there whole or
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
  const written: Array<readonly [ActionResult, Temporary]> = []
  let sizeBytes = 0
  try {
    for (const result of results) {
      const bytes = Buffer.from(`${JSON.stringify(result)}\n`, "utf8")
      sizeBytes += bytes.byteLength
      const temporary = openTemporary(layout, 0o644)
      written.push([result, temporary])
      writeAll(temporary.file, bytes)
    }
    await syncEvery(written.map(([, temporary]) => temporary.file))
    for (const [result, temporary] of written) {
      temporary.close()
      moveInto(temporary.path, layout.action(result.key))
    }
  } catch (error) {
    for (const [, temporary] of written) temporary.discard()
    throw diskProblem(error, { folder: layout.root, what: "the results of stages", sizeBytes })
  }
}

/** Waits for all even if one fails, since the files are closed next. */
const syncEvery = async (files: ReadonlyArray<number>): Promise<void> => {
  const outcomes = await Promise.allSettled(files.map((file) => syncFile(file)))
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason
}

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
  (recipe["numerics"] === undefined || isText(recipe["numerics"]))

const isInput = (input: unknown): boolean =>
  isAddress(input) ||
  everyItem(input, (item) => Array.isArray(item) && isText(item[0]) && isAddress(item[1]))

export const isOutput = (output: unknown): boolean =>
  isRecord(output) && isAddress(output["digest"]) && isText(output["type"])
