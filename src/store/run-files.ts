/** Reading what runs left behind, none of which is believed before it is checked. */
import { join } from "node:path"
import { statSync } from "node:fs"
import { diskNow } from "./atomic-file.ts"
import type { Layout } from "./layout.ts"
import { livenessOf, readIdentity } from "./liveness.ts"
import { isOutput } from "./actions.ts"
import type { RunManifest, RunRecord } from "./run-record.ts"
import { everyItem, everyMember, isAddress, isRecord, isText, parseJson } from "./structure.ts"

const states: ReadonlySet<unknown> = new Set(["running", "done", "failed", "interrupted"])

/** `undefined` for a text that is no summary of the run of this name. */
export const readRunRecord = (text: string, name: string): RunRecord | undefined => {
  const record = parseJson(text)
  return isRunRecord(record) && record.name === name ? record : undefined
}

const isRunRecord = (record: unknown): record is RunRecord =>
  isRecord(record) &&
  record["version"] === 1 &&
  ["name", "pipeline", "file", "startedAt"].every((member) => isText(record[member])) &&
  (record["finishedAt"] === undefined || isText(record["finishedAt"])) &&
  (record["manifest"] === undefined || isAddress(record["manifest"])) &&
  everyItem(record["set"], isText) &&
  isRecord(record["params"]) &&
  everyMember(record["counts"], Number.isSafeInteger) &&
  states.has(record["state"])

/** The heartbeat of a run on another machine is its event log; a stage may be silent for long, so this is generous. */
const silentMs = 24 * 3600_000

/** A `running` record whose driver is dead is an interrupted run: nobody was left to write that down. */
export const asSeenNow = (layout: Layout, record: RunRecord): RunRecord => {
  if (record.state !== "running") return record
  const driver = readIdentity(record.driver)
  const liveness = driver === undefined ? "dead" : livenessOf(driver)
  const alive = liveness === "alive" || (liveness === "elsewhere" && !isSilent(layout, record.name))
  return alive ? record : { ...record, state: "interrupted" }
}

const isSilent = (layout: Layout, name: string): boolean => {
  const log = statSync(join(layout.runs, name, "events.jsonl"), { throwIfNoEntry: false })
  const summary = statSync(join(layout.runs, name, "run.json"), { throwIfNoEntry: false })
  return diskNow(layout) - Math.max(log?.mtimeMs ?? 0, summary?.mtimeMs ?? 0) > silentMs
}

export const readManifest = (bytes: Uint8Array): RunManifest | undefined => {
  const manifest = parseJson(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
  )
  return isManifest(manifest) ? manifest : undefined
}

const isManifest = (manifest: unknown): manifest is RunManifest =>
  isRecord(manifest) && manifest["version"] === 1 && everyItem(manifest["instances"], isEntry)

const isEntry = (entry: unknown): boolean =>
  isRecord(entry) &&
  isText(entry["id"]) &&
  isText(entry["uses"]) &&
  (entry["key"] === undefined || isAddress(entry["key"])) &&
  (entry["outputs"] === undefined || everyMember(entry["outputs"], isOutput))
