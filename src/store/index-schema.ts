/** The tables of the index, and what SQLite's refusals mean for a file that can be made again at any time. */
import type { DatabaseSync } from "node:sqlite"

/** To be raised with every change of the tables: an index of another version is dropped and made anew. */
const version = 1

const tables = ["runs", "stages", "latest", "metrics"]

/**
 * Times are ISO 8601 in UTC, so their order as text is their order. `stages` has what ran, failed or was skipped; what was
 * known is in the manifest. Metrics belong to a manifest, since runs that give the same share it.
 */
const schema = `
CREATE TABLE runs (
  name TEXT PRIMARY KEY, pipeline TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL,
  startedAt TEXT NOT NULL, finishedAt TEXT, manifest TEXT,
  total INTEGER NOT NULL, known INTEGER NOT NULL, ran INTEGER NOT NULL, failed INTEGER NOT NULL, skipped INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX runsOfFile ON runs (file, startedAt);
CREATE TABLE stages (
  run TEXT NOT NULL, id TEXT NOT NULL, uses TEXT NOT NULL, key TEXT, state TEXT NOT NULL,
  seconds REAL, reason TEXT, startedAt TEXT NOT NULL,
  PRIMARY KEY (run, id)
) WITHOUT ROWID;
CREATE INDEX timesOfStage ON stages (uses, id, startedAt, seconds) WHERE state = 'ran';
CREATE INDEX timesOfUses ON stages (uses, startedAt, seconds) WHERE state = 'ran';
CREATE TABLE latest (
  file TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, run TEXT NOT NULL, startedAt TEXT NOT NULL,
  PRIMARY KEY (file, id)
) WITHOUT ROWID;
CREATE INDEX latestOfRun ON latest (run);
CREATE TABLE metrics (
  manifest TEXT NOT NULL, id TEXT NOT NULL, port TEXT NOT NULL, name TEXT NOT NULL, value REAL,
  PRIMARY KEY (manifest, id, port, name)
) WITHOUT ROWID;
`

export type Prepared = "ready" | "new" | "outdated"

/** Makes the tables where they are missing or of another version; in one transaction, so two processes may try at once. */
export const prepareTables = (db: DatabaseSync): Prepared => {
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
  const found = versionOf(db)
  if (found === version) return "ready"
  return inTransaction(db, () => {
    const again = versionOf(db)
    if (again === version) return "ready"
    dropTables(db)
    db.exec(schema)
    db.exec(`PRAGMA user_version = ${version}`)
    return again === 0 ? "new" : "outdated"
  })
}

export const emptyTables = (db: DatabaseSync): void => {
  for (const table of tables) db.exec(`DELETE FROM ${table}`)
}

const dropTables = (db: DatabaseSync) => {
  for (const table of tables) db.exec(`DROP TABLE IF EXISTS ${table}`)
}

const versionOf = (db: DatabaseSync): number =>
  Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0)

export const inTransaction = <A>(db: DatabaseSync, work: () => A): A => {
  db.exec("BEGIN IMMEDIATE")
  try {
    const result = work()
    db.exec("COMMIT")
    return result
  } catch (error) {
    // Some failures have ended the transaction themselves.
    if (db.isTransaction) db.exec("ROLLBACK")
    throw error
  }
}

/** SQLite's primary result code; `undefined` for other errors. */
const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined

/** The file is no database, is damaged, or has not the columns that its version promises. */
export const isCorrupt = (error: unknown): boolean => [1, 11, 26].includes(sqliteCode(error) ?? -1)

/** Locked by another process, not ours to write, or the disk is full. */
export const isRefused = (error: unknown): boolean =>
  [3, 5, 6, 8, 10, 13, 14, 23].includes(sqliteCode(error) ?? -1)
