/**
 * What a run would do and why: for each stage instance, whether its result is in the store. The same code decides for
 * `plan`, for `run` before it starts, and during a run each time that inputs become known.
 */
import type { Digest } from "../base/digest.ts"
import type { StageInstance } from "../language/pipeline.ts"
import type { ActionOutput, Recipe } from "../store/action.ts"

/** Why an instance is not known, most telling first. */
export type Cause =
  | { readonly kind: "forced" }
  /**
   * No run of this pipeline has had an instance of this name; `like` is the most similar one of the same stage that
   * there was, and what sets the two apart. A part that goes on from an earlier part of its kind is `after` that one.
   */
  | {
      readonly kind: "new"
      readonly after?: string
      readonly like?: { readonly id: string; readonly differences: ReadonlyArray<Cause> }
    }
  | { readonly kind: "uses"; readonly before: string; readonly after: string }
  | {
      readonly kind: "parameter"
      readonly path: string
      readonly before: string
      readonly after: string
    }
  /** Files whose used code differs, project-relative. */
  | { readonly kind: "code"; readonly files: ReadonlyArray<string> }
  | {
      readonly kind: "package"
      readonly name: string
      readonly before: string
      readonly after: string
    }
  /** An input's value differs; `from` are the instances that it comes from. */
  | {
      readonly kind: "input"
      readonly port: string
      readonly what: string
      readonly from: ReadonlyArray<string>
    }
  | { readonly kind: "file"; readonly param: string; readonly path: string }
  | { readonly kind: "numerics"; readonly before: string; readonly after: string }
  /** The recipe is the same, but the result (or a part of it) is not in the store. */
  | { readonly kind: "lost"; readonly what: string }

export type Decision =
  | {
      readonly state: "known"
      readonly instance: StageInstance
      readonly key: Digest
      readonly outputs: { readonly [port: string]: ActionOutput }
    }
  | {
      readonly state: "run"
      readonly instance: StageInstance
      readonly key: Digest
      readonly recipe: Recipe
      readonly causes: ReadonlyArray<Cause>
      /** From history; absent when nothing like it has run. */
      readonly expectedSeconds?: number
    }
  /** Its inputs come from instances that have to run first; it may turn out to be known. */
  | {
      readonly state: "depends"
      readonly instance: StageInstance
      readonly on: ReadonlyArray<string>
      /** Differences that are certain already: even equal inputs would not make it known. */
      readonly causes: ReadonlyArray<Cause>
      readonly expectedSeconds?: number
    }

export interface Plan {
  readonly decisions: ReadonlyArray<Decision>
}
