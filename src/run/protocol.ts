/**
 * What the driver and a worker process say to each other. A worker has one job at a time; messages travel over Node's
 * IPC channel with the "advanced" serialization.
 */
import type { Digest } from "../base/digest.ts"
import type { JsonObject } from "../base/json.ts"
import type { ActionOutput } from "../store/action.ts"

/** One value at an input port, by digest; `label` only at a `many` port. */
export interface JobInput {
  readonly label: string
  readonly digest: Digest
}

/** Everything that a worker needs to run one stage instance. */
export interface Job {
  readonly id: string
  readonly uses: string
  /** Absolute path of the stage's module. */
  readonly module: string
  /** Encoded and with defaults, as in the key. */
  readonly params: JsonObject
  /** By parameter that names a file or a folder: where it is, what the user wrote, and the content that the key was made of. */
  readonly files: {
    readonly [param: string]: {
      readonly path: string
      readonly written: string
      readonly digest: Digest
      readonly folder?: true
    }
  }
  readonly inputs: { readonly [port: string]: ReadonlyArray<JobInput> }
  /** The types of the outputs as far as the check knew them. */
  readonly outputs: { readonly [port: string]: string }
  /** Made when there is a first line to write. */
  readonly log: string
  /** How long the stage may run; absent: without limit. */
  readonly timeMs?: number
}

export type ToWorker = { readonly _tag: "Run"; readonly job: Job } | { readonly _tag: "Abort" }

export interface Progress {
  readonly done: number
  readonly total: number
  readonly unit: string
}

export interface JobDone {
  readonly _tag: "Done"
  readonly outputs: { readonly [port: string]: ActionOutput }
  /** Every blob that the outputs need. */
  readonly blobs: ReadonlyArray<Digest>
  /** Wall time of the stage's own work. */
  readonly seconds: number
}

export interface JobFailed {
  readonly _tag: "Failed"
  readonly message: string
  readonly hint?: string
  readonly seconds: number
  /** The worker's last words: it ends now, and must not be given another job. */
  readonly last?: true
}

export type FromWorker = ({ readonly _tag: "Progress" } & Progress) | JobDone | JobFailed
