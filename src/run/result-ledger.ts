/**
 * What was laid out in a results folder, by instance and port. Losing it, or a part of it when two runs write it at once,
 * costs only a comparison of the files' contents.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { codeOf, diskProblem } from "../store/disk-problem.ts"

export interface LedgerEntry {
  /** The file of the pipeline, relative to the project. */
  readonly pipeline: string
  readonly value: Digest
  readonly key: Digest
  /** Of ablate, which is part of the recipe in the file. */
  readonly version: string
  readonly name: string
  /** Relative to the ledger's folder, with forward slashes. */
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** Of the file as it was written, recipe included. */
  readonly digest: Digest
}

export interface Ledger {
  readonly entries: { readonly [instanceAndPort: string]: LedgerEntry }
}

const fileName = ".ablate.json"
const version = 1

export const readLedger = (folder: string): Ledger => {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, fileName), "utf8"))
    return isLedger(content) ? content : { entries: {} }
  } catch (error) {
    // Absent at first. What was written by halves is worth nothing; a disk that cannot be read is told of.
    if (codeOf(error) === "ENOENT" || error instanceof SyntaxError) return { entries: {} }
    throw diskProblem(error, { folder, what: "the list of results" })
  }
}

const isLedger = (content: unknown): content is Ledger =>
  typeof content === "object" &&
  content !== null &&
  "version" in content &&
  content.version === version &&
  "entries" in content &&
  typeof content.entries === "object" &&
  content.entries !== null

/** Adds entries, or replaces them; those that another run has written meanwhile stay. */
export const updateLedger = (folder: string, changed: Ledger["entries"]): void => {
  const path = join(folder, fileName)
  const entries = { ...readLedger(folder).entries, ...changed }
  const temporary = `${path}.${process.pid}`
  try {
    writeFileSync(temporary, `${JSON.stringify({ version, entries })}\n`)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw diskProblem(error, { folder, what: "the list of results" })
  }
}
