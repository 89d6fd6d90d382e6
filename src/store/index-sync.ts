/** Bringing the index up to what `runs/` says: runs that it lacks are added, those that gc removed are dropped. */
import type { DatabaseSync } from "node:sqlite"
import { namesIn } from "./inventory.ts"
import { inTransaction } from "./index-schema.ts"
import { metricRowsOf, type MetricRow, type StageRow, stageRowsOf } from "./run-history.ts"
import type { RunRecord } from "./run-record.ts"
import type { Store } from "./store.ts"

/** @returns how many runs were added */
export const syncIndex = (db: DatabaseSync, store: Store): number => {
  const names = namesIn(store.layout.runs)
  const there = new Set(names)
  const rows = db.prepare("SELECT name, state FROM runs").all()
  const indexed = new Map(rows.map(({ name, state }) => [String(name), String(state)]))
  const lost = [...indexed.keys()].filter((name) => !there.has(name))
  const lacking = names
    // A run on another machine may have seemed interrupted, and have finished since.
    .filter((name) => (indexed.get(name) ?? "interrupted") === "interrupted")
    .flatMap((name) => store.runs.get(name) ?? [])
    .filter(({ name, state }) => state !== "running" && state !== indexed.get(name))
    // Oldest first, as they would have been added had the index been there all along.
    .toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  if (lost.length === 0 && lacking.length === 0) return 0
  inTransaction(db, () => {
    if (lost.length > 0) forget(db, store, lost)
    for (const run of lacking) addRun(db, store, run)
  })
  return lacking.length
}

const forget = (db: DatabaseSync, store: Store, lost: ReadonlyArray<string>): void => {
  const fileOf = db.prepare("SELECT DISTINCT file FROM latest WHERE run = ?")
  const files = new Set(lost.flatMap((name) => fileOf.all(name).map(({ file }) => String(file))))
  for (const name of lost) dropRun(db, name)
  db.exec(
    "DELETE FROM metrics WHERE manifest NOT IN (SELECT manifest FROM runs WHERE manifest IS NOT NULL)"
  )
  // Older runs that are kept (by a tag, say) may have had the same instances.
  const runsOf = db.prepare("SELECT name FROM runs WHERE file = ? ORDER BY startedAt")
  for (const file of files) {
    for (const { name } of runsOf.all(file)) {
      const run = store.runs.get(String(name))
      if (run !== undefined) insertLatest(db, run, stageRowsOf(store, run))
    }
  }
}

const dropRun = (db: DatabaseSync, name: string): void => {
  db.prepare("DELETE FROM runs WHERE name = ?").run(name)
  db.prepare("DELETE FROM stages WHERE run = ?").run(name)
  db.prepare("DELETE FROM latest WHERE run = ?").run(name)
}

/**
 * Adds one run, or replaces it; to be called inside a transaction.
 *
 * @param rows, metrics are read from the run's files when they are not at hand
 */
export const addRun = (
  db: DatabaseSync,
  store: Store,
  run: RunRecord,
  rows?: ReadonlyArray<StageRow>,
  metrics?: ReadonlyArray<MetricRow>
): void => {
  const previous = repeated(db, run)
  insertRun(db, run)
  if (previous !== undefined) {
    db.prepare("UPDATE latest SET run = ?, startedAt = ? WHERE run = ?").run(
      run.name,
      run.startedAt,
      previous
    )
    return
  }
  const instances = rows ?? stageRowsOf(store, run)
  insertStages(db, run, instances)
  insertLatest(db, run, instances)
  if (run.manifest === undefined || hasMetrics(db, run.manifest)) return
  const insert = db.prepare("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?)")
  for (const { id, port, name, value } of metrics ??
    metricRowsOf(store, store.runs.manifest(run))) {
    insert.run(run.manifest, id, port, name, value)
  }
}

/**
 * The run before this one, if this one found all of its results known: a run that changes nothing is the common case, and
 * adds one row instead of one a stage.
 */
const repeated = (db: DatabaseSync, run: RunRecord): string | undefined => {
  if (run.manifest === undefined || run.counts.known !== run.counts.total) return undefined
  const previous = db
    .prepare(
      "SELECT name, manifest FROM runs WHERE file = ? AND startedAt < ? ORDER BY startedAt DESC LIMIT 1"
    )
    .get(run.file, run.startedAt)
  return previous?.["manifest"] === run.manifest ? String(previous["name"]) : undefined
}

const hasMetrics = (db: DatabaseSync, manifest: string): boolean =>
  db.prepare("SELECT 1 FROM metrics WHERE manifest = ? LIMIT 1").get(manifest) !== undefined

const insertRun = (db: DatabaseSync, run: RunRecord): void => {
  const { total, known, ran, failed, skipped } = run.counts
  dropRun(db, run.name)
  db.prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
    run.name,
    run.pipeline,
    run.file,
    run.state,
    run.startedAt,
    run.finishedAt ?? null,
    run.manifest ?? null,
    total,
    known,
    ran,
    failed,
    skipped
  )
}

const insertStages = (db: DatabaseSync, run: RunRecord, rows: ReadonlyArray<StageRow>): void => {
  const insert = db.prepare("INSERT OR REPLACE INTO stages VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
  for (const { id, uses, key, state, seconds, reason } of rows) {
    if (state === "known") continue
    const measured = [seconds ?? null, reason ?? null] as const
    insert.run(run.name, id, uses, key ?? null, state, ...measured, run.startedAt)
  }
}

const insertLatest = (db: DatabaseSync, run: RunRecord, rows: ReadonlyArray<StageRow>): void => {
  const insert = db.prepare(
    `INSERT INTO latest VALUES (?, ?, ?, ?, ?) ON CONFLICT (file, id) DO UPDATE
     SET key = excluded.key, run = excluded.run, startedAt = excluded.startedAt
     WHERE excluded.startedAt >= latest.startedAt`
  )
  for (const { id, key, state } of rows) {
    if (key !== undefined && (state === "known" || state === "ran")) {
      insert.run(run.file, id, key, run.name, run.startedAt)
    }
  }
}
