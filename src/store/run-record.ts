/** What the store remembers of one run: a summary, and a manifest of its stage instances (a blob, shared by equal runs). */
import type { Digest } from "../base/digest.ts"
import type { Json, JsonObject } from "../base/json.ts"
import type { ActionOutput } from "./action.ts"

export type RunState = "running" | "done" | "failed" | "interrupted"

export interface RunRecord {
  readonly version: 1
  /** Sayable and unique in the store: `brisk-otter-7`. */
  readonly name: string
  /** Name and project-relative file of the pipeline. */
  readonly pipeline: string
  readonly file: string
  /** Values given on the command line, and the parameters after them. */
  readonly set: ReadonlyArray<string>
  readonly params: JsonObject
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly finishedAt?: string
  readonly state: RunState
  /** Of stage instances, each one with its parts. */
  readonly counts: {
    readonly total: number
    readonly known: number
    readonly ran: number
    readonly failed: number
    readonly skipped: number
    /** Parts that instances are made of, and how many of them ran; absent when there are none. */
    readonly parts?: number
    readonly partsRan?: number
  }
  /** The blob of `RunManifest`, once finished. */
  readonly manifest?: Digest
  /** pid, host and start time of the driver, to tell a dead run from a living one. */
  readonly driver: Json
}

export type InstanceState = "known" | "ran" | "failed" | "skipped"

export interface ManifestEntry {
  readonly id: string
  readonly uses: string
  /** Absent when the instance was skipped before its inputs were known. */
  readonly key?: Digest
  readonly outputs?: { readonly [port: string]: ActionOutput }
}

/** No times or states in it, so that a run that changes nothing has the manifest of the run before. */
export interface RunManifest {
  readonly version: 1
  readonly instances: ReadonlyArray<ManifestEntry>
}
