/**
 * The index: questions about past runs, answered by SQLite. It holds nothing that the files of the store do not say, so a
 * missing, damaged or outdated one is made again, and one that cannot be written never stops a run.
 *
 * Opening costs nothing; the first question loads SQLite and adds the runs that the index lacks, such as those that found
 * everything known and did not bother.
 */
import { existsSync, rmSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import type { Digest } from "../base/digest.ts"
import { emptyTables, inTransaction, isCorrupt, isRefused, prepareTables } from "./index-schema.ts"
import { addRun, syncIndex } from "./index-sync.ts"
import type { MetricRow, StageRow } from "./run-history.ts"
import type { RunRecord } from "./run-record.ts"
import type { Store } from "./store.ts"

export interface RunIndex {
  /** Adds a finished run. `rows` and `metrics` are read from the run's files when they are not given. */
  readonly recordRun: (
    run: RunRecord,
    rows?: ReadonlyArray<StageRow>,
    metrics?: ReadonlyArray<MetricRow>
  ) => void
  /** The key that each instance of a pipeline file had when it was last computed or known; absent when it never was. */
  readonly latest: (file: string, ids: ReadonlyArray<string>) => ReadonlyMap<string, Digest>
  /** By `stageId` (the id of an instance): seconds that such an instance takes; absent when nothing like it has run. */
  readonly expectedSeconds: (
    items: ReadonlyArray<{ readonly uses: string; readonly stageId: string }>
  ) => ReadonlyMap<string, number>
  /** The scalars that a run measured. */
  readonly metrics: (run: string) => ReadonlyArray<MetricRow>
  /** Empties the index and makes it again from the files. @returns how many runs it holds then */
  readonly rebuild: () => number
  /** What a person may want to know: that the index was made again, or could not be written. */
  readonly notices: () => ReadonlyArray<string>
  readonly close: () => void
}

/** How long to wait for another process that writes; its transactions take milliseconds. */
const patienceMs = 3000

export const openIndex = (store: Store): RunIndex => {
  const notices = new Set<string>()
  let open: DatabaseSync | undefined
  let synced = false
  const close = () => {
    open?.close()
    open = undefined
    synced = false
  }
  const openFile = () => {
    const db = connect(store.layout.index)
    open = db
    if (prepareTables(db) === "outdated")
      notices.add("the index was of another version: it was made again")
    return db
  }
  const openInMemory = () => {
    close()
    const db = connect(":memory:")
    open = db
    prepareTables(db)
    syncIndex(db, store)
    synced = true
    return db
  }
  const openForQuestions = () => {
    if (synced && open !== undefined) return open
    // A store that does not exist yet has no history, and asking for it must not make one.
    if (!existsSync(store.root)) return openInMemory()
    const db = open ?? openFile()
    syncIndex(db, store)
    synced = true
    return db
  }
  /** Tries once more with a new file when the old one is damaged. */
  const mended = <A>(work: () => A): A => {
    try {
      return work()
    } catch (error) {
      if (!isCorrupt(error)) throw error
      close()
      for (const ending of ["", "-wal", "-shm"])
        rmSync(store.layout.index + ending, { force: true })
      notices.add("the index was damaged: it was made again from the runs")
      return work()
    }
  }
  const ask = <A>(question: (db: DatabaseSync) => A): A => {
    try {
      return mended(() => question(openForQuestions()))
    } catch (error) {
      if (!isRefused(error)) throw error
      notices.add(
        `the index cannot be used (${messageOf(error)}): the files of the runs were read instead`
      )
      return question(openInMemory())
    }
  }
  return {
    recordRun: (run, rows, metrics) => {
      try {
        store.layout.create()
        mended(() => {
          const db = open ?? openFile()
          inTransaction(db, () => addRun(db, store, run, rows, metrics))
        })
      } catch (error) {
        if (!isRefused(error)) throw error
        notices.add(`the index could not be written (${messageOf(error)}): it will catch up later`)
      }
    },
    latest: (file, ids) => ask((db) => latest(db, file, new Set(ids))),
    expectedSeconds: (items) => ask((db) => expectedSeconds(db, items)),
    metrics: (run) => ask((db) => metricsOf(db, run)),
    rebuild: () =>
      ask((db) => {
        inTransaction(db, () => emptyTables(db))
        return syncIndex(db, store)
      }),
    notices: () => [...notices],
    close
  }
}

/** Loaded when it is needed: a run that finds everything known never is here. */
const connect = (path: string): DatabaseSync => {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite")
  return new Database(path, { timeout: patienceMs })
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const latest = (
  db: DatabaseSync,
  file: string,
  wanted: ReadonlySet<string>
): ReadonlyMap<string, Digest> => {
  const rows = db.prepare("SELECT id, key FROM latest WHERE file = ?").all(file)
  return new Map(
    rows
      .filter(({ id }) => wanted.has(String(id)))
      .map(({ id, key }) => [String(id), String(key) as Digest])
  )
}

/** The newest execution of the same instance, or the mean of the newest five of the same stage type. */
const expectedSeconds = (
  db: DatabaseSync,
  items: ReadonlyArray<{ readonly uses: string; readonly stageId: string }>
): ReadonlyMap<string, number> => {
  const ofStage = db.prepare(
    "SELECT seconds FROM stages WHERE state = 'ran' AND uses = ? AND id = ? AND seconds NOT NULL ORDER BY startedAt DESC LIMIT 1"
  )
  const ofUses = db.prepare(
    `SELECT avg(seconds) AS seconds FROM (SELECT seconds FROM stages
     WHERE state = 'ran' AND uses = ? AND seconds NOT NULL ORDER BY startedAt DESC LIMIT 5)`
  )
  const byUses = new Map<string, unknown>()
  const found = new Map<string, number>()
  for (const { uses, stageId } of items) {
    let seconds: unknown = ofStage.get(uses, stageId)?.["seconds"]
    if (seconds === undefined) {
      if (!byUses.has(uses)) byUses.set(uses, ofUses.get(uses)?.["seconds"])
      seconds = byUses.get(uses)
    }
    if (typeof seconds === "number") found.set(stageId, seconds)
  }
  return found
}

const metricsOf = (db: DatabaseSync, run: string): ReadonlyArray<MetricRow> =>
  db
    .prepare(
      "SELECT id, port, metrics.name AS name, value FROM metrics JOIN runs USING (manifest) WHERE runs.name = ? ORDER BY id, port, metrics.name"
    )
    .all(run)
    .map(({ id, port, name, value }) => ({
      id: String(id),
      port: String(port),
      name: String(name),
      // SQLite has no NaN and keeps it as NULL.
      value: typeof value === "number" ? value : Number.NaN
    }))
