/**
 * Runs: one folder each with a summary (`run.json`), an event log and the logs of its stages.
 *
 * A run's folder appears by renaming a complete one, so a run is never seen without its summary, and the name it takes
 * is its own.
 */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Digest, sha256 } from "../base/digest.ts"
import { canonicalJson } from "../base/json.ts"
import { temporaryName, writeFileAtomic } from "./atomic-file.ts"
import type { Blobs } from "./blobs.ts"
import { codeOf, diskProblem, makeFolder } from "./disk-problem.ts"
import { openEventLog } from "./event-log.ts"
import type { Layout } from "./layout.ts"
import { thisProcess } from "./liveness.ts"
import { type Protection, protectedKeysFile } from "./protection.ts"
import { isRunName, suggestRunName } from "./run-names.ts"
import { asSeenNow, readManifest, readRunRecord } from "./run-files.ts"
import type { RunManifest, RunRecord } from "./run-record.ts"
import { readIfThere } from "./structure.ts"

export type RunStart = Omit<RunRecord, "name" | "version" | "driver">
export type RunEnd = Omit<Partial<RunRecord>, "manifest" | "name" | "version" | "driver"> & {
  readonly manifest?: RunManifest
}

export interface RunHandle {
  readonly name: string
  readonly folder: string
  /** Written within a tenth of a second. */
  readonly append: (event: object) => void
  /** A file for one stage instance's output; its folder exists. */
  readonly logPath: (instanceId: string) => string
  /**
   * Keeps the results of these actions from gc until the run is finished. To be called with what a plan has found known,
   * before relying on it.
   *
   * @returns those that gc removed after they were looked up: plan again, they are not known any more
   */
  readonly protect: (keys: Iterable<Digest>) => Promise<ReadonlyArray<Digest>>
  /**
   * @throws UserError when the disk is full or may not be written
   */
  readonly finish: (end: RunEnd) => Promise<RunRecord>
}

export interface Runs {
  /**
   * Picks a name and writes the first summary.
   *
   * @throws UserError when the disk is full or may not be written
   */
  readonly create: (start: RunStart) => RunHandle
  /** Newest first. A run whose process is dead but which never finished is `interrupted`. */
  readonly list: () => ReadonlyArray<RunRecord>
  /** By name or tag; `last` is the newest. */
  readonly get: (name: string) => RunRecord | undefined
  /** `undefined` also when its blob is gone or damaged. */
  readonly manifest: (run: RunRecord) => RunManifest | undefined
  readonly folder: (name: string) => string
}

export const openRuns = (
  layout: Layout,
  blobs: Blobs,
  protection: Protection,
  runOfTag: (tag: string) => string | undefined
): Runs => {
  const folder = (name: string) => join(layout.runs, name)
  const read = (name: string): RunRecord | undefined => {
    if (!isRunName(name)) return undefined
    const text = readIfThere(join(folder(name), "run.json"))
    const record = text === undefined ? undefined : readRunRecord(text, name)
    return record === undefined ? undefined : asSeenNow(layout, record)
  }
  const list = () => {
    const records = namesOf(layout).flatMap((name) => read(name) ?? [])
    return records.toSorted((a, b) => compare(b.startedAt, a.startedAt) || compare(b.name, a.name))
  }
  return {
    folder,
    list,
    get: (name) => {
      if (name === "last") return list()[0]
      const tagged = read(name) === undefined ? runOfTag(name) : name
      return tagged === undefined ? undefined : read(tagged)
    },
    manifest: ({ manifest }) =>
      manifest !== undefined && blobs.has(manifest)
        ? readManifest(blobs.read(manifest))
        : undefined,
    create: (start) => {
      const first = publish(layout, start)
      return openHandle(layout, blobs, protection, first)
    }
  }
}

const openHandle = (
  layout: Layout,
  blobs: Blobs,
  protection: Protection,
  first: RunRecord
): RunHandle => {
  const folder = join(layout.runs, first.name)
  const onDisk = <A>(write: () => A): A => {
    try {
      return write()
    } catch (error) {
      throw diskProblem(error, { folder, what: "the log of the run" })
    }
  }
  const log = onDisk(() => openEventLog(join(folder, "events.jsonl")))
  return {
    name: first.name,
    folder,
    append: log.append,
    logPath: (instanceId) => join(folder, "logs", `${fileNameOf(instanceId)}.log`),
    protect: async (keys) => {
      try {
        return await protection.protect(folder, keys)
      } catch (error) {
        throw diskProblem(error, { folder, what: "the keys of the run" })
      }
    },
    finish: async ({ manifest, ...end }) => {
      onDisk(log.close)
      const bytes =
        manifest === undefined ? undefined : Buffer.from(canonicalJson(manifest), "utf8")
      const stored = bytes === undefined ? undefined : await blobs.put(bytes)
      const last: RunRecord = {
        ...first,
        ...end,
        ...(stored === undefined ? {} : { manifest: stored.digest })
      }
      writeFileAtomic(layout, join(folder, "run.json"), textOf(last), "the summary of the run")
      rmSync(join(folder, protectedKeysFile), { force: true })
      return last
    }
  }
}

/** The folder of a new run, with its summary in it. */
const publish = (layout: Layout, start: RunStart): RunRecord => {
  const temporary = temporaryName(layout)
  try {
    layout.create()
    makeFolder(join(temporary, "logs"))
    makeFolder(layout.runs)
    for (let attempt = 0; ; attempt++) {
      const record: RunRecord = {
        version: 1,
        name: suggestRunName(attempt),
        ...start,
        driver: thisProcess()
      }
      const folder = join(layout.runs, record.name)
      if (existsSync(folder)) continue
      writeFileSync(join(temporary, "run.json"), textOf(record))
      if (renameUnlessTaken(temporary, folder)) return record
    }
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw diskProblem(error, { folder: layout.root, what: "a new run" })
  }
}

/** Renaming a folder onto one that is not empty fails: that makes the name a lock. */
const renameUnlessTaken = (from: string, to: string): boolean => {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) return false
    throw error
  }
}

const textOf = (record: RunRecord) => `${JSON.stringify(record)}\n`

const namesOf = (layout: Layout): ReadonlyArray<string> => {
  try {
    return readdirSync(layout.runs)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return []
    throw error
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Readable, safe on every file system, and different for different instances. */
const fileNameOf = (instanceId: string): string => {
  const readable = instanceId.replaceAll(/[^A-Za-z0-9._=,[\]-]/g, "_").slice(0, 100)
  return readable === instanceId && !instanceId.startsWith(".")
    ? readable
    : `${readable.replace(/^\.+/, "")}-${sha256(instanceId).slice(0, 8)}`
}
