/** What was laid out in a results folder, by instance and port. Losing it costs only a comparison of the files' contents. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { diskProblem } from "../store/disk-problem.ts"

export interface LedgerEntry {
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
  } catch {
    // Absent at first; when damaged, files that are as they should be are recognised by their content.
    return { entries: {} }
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

export const writeLedger = (folder: string, entries: Ledger["entries"]): void => {
  const path = join(folder, fileName)
  const temporary = `${path}.${process.pid}`
  try {
    writeFileSync(temporary, `${JSON.stringify({ version, entries })}\n`)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw diskProblem(error, { folder, what: "the list of results" })
  }
}
