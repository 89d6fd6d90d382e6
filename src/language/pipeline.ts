/**
 * A pipeline that passed every check: a flat list of stage instances in the order of their dependencies. Plain JSON, so
 * that a pipeline which did not change is read back instead of being checked again.
 */
import type { Json, JsonObject } from "../base/json.ts"
import type { Position } from "./diagnostic.ts"

/** One output port of one instance. */
export interface OutputRef {
  /** `train[schedule=fixed]` */
  readonly instance: string
  readonly port: string
}

/** What is wired to one input port. */
export type InputRef =
  | { readonly kind: "one"; readonly from: OutputRef }
  /** A list of references or a `collect`, in a fixed order. */
  | {
      readonly kind: "many"
      readonly items: ReadonlyArray<{ readonly label: string; readonly from: OutputRef }>
    }

export interface StageInstance {
  /**
   * The stage's name and its point of the matrix: `digits`, `train[schedule=fixed,seed=180]`; of a part followed by the
   * part's name, `train[schedule=fixed,seed=180]/epoch-3`.
   */
  readonly id: string
  readonly stage: string
  /** Of an action that an instance is made of: its name there. Parts come before their instance, in their own order. */
  readonly part?: string
  /** Axis → label of the point, only for the axes that this stage depends on. */
  readonly point: { readonly [axis: string]: string }
  readonly uses: string
  /** After defaults, encoded: this is what enters the key (without the parameters in `files` and `folders`). */
  readonly params: JsonObject
  /** Parameters that name files or folders → absolute path, and the path as written. */
  readonly files: {
    readonly [param: string]: {
      readonly path: string
      readonly written: string
      readonly folder?: true
    }
  }
  readonly inputs: { readonly [port: string]: InputRef }
  /** Types of the outputs as far as they are known before the run. */
  readonly outputs: { readonly [port: string]: string }
  readonly resources: Resources
  readonly position: Position
}

/** Never part of a key. */
export interface Resources {
  readonly cpu?: number
  readonly gpu?: number
  readonly memoryBytes?: number
  readonly timeMs?: number
}

export interface CheckedPipeline {
  readonly name: string
  readonly description: string
  /** Relative to the project's root with forward slashes: the identity under which runs of it are found. */
  readonly file: string
  readonly params: JsonObject
  readonly axes: {
    readonly [axis: string]: ReadonlyArray<{ readonly label: string; readonly value: Json }>
  }
  /** Every instance comes after those that it reads. */
  readonly instances: ReadonlyArray<StageInstance>
}
