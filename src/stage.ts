/**
 * How a stage is defined: ports, parameters, and what it does. One stage is one file whose default export is
 * `defineStage({...})`; its type is its path below `stages/` (`stages/noise/add.ts` is `noise/add`).
 *
 * This file is part of every stage's code fingerprint: keep its run-time code small. Load nothing heavy here; tensors
 * come from `engine/tf.ts`, which loads TensorFlow.js when it is first used.
 */
import type * as Schema from "effect/Schema"
import type { TypeName } from "./values/type-expression.ts"
import type { ValueOf } from "./values/values.ts"

/** Parameters: an Effect schema of a struct whose fields carry descriptions, ranges and defaults. */
export type ParamsSchema = Schema.Struct<Schema.Struct.Fields>

export interface PortOptions {
  readonly description: string
  /** The stage runs without it; `inputs.name` is then `undefined`. Inputs only. */
  readonly optional?: boolean
  /** Takes one or several values (a list of references, or a `collect`), each with a label. Inputs only. */
  readonly many?: boolean
}

export interface Port<T extends string = string, O extends PortOptions = PortOptions> {
  /** A type expression (`values/type-expression.ts`); its symbols are shared by all ports of the stage. */
  readonly type: T
  readonly options: O
}

/** An input or output: its type and what it means. */
export const port = <const T extends string, const O extends PortOptions>(
  type: T,
  options: O
): Port<T, O> => ({ type, options })

export interface Ports {
  readonly [name: string]: Port
}

/** One of several values at a `many` port: which matrix point (`schedule=fixed`) or reference (`noisy.images`) it came from. */
export interface Labelled<V> {
  readonly label: string
  readonly value: V
}

type NameIn<T extends string> = T extends `${infer N extends TypeName}[${string}`
  ? N
  : T extends `${infer N extends TypeName} ${string}`
    ? N
    : T extends TypeName
      ? T
      : never
type ValueAt<P extends Port> = ValueOf[NameIn<P["type"]>]
export type InputsOf<I extends Ports> = {
  readonly [K in keyof I]: I[K]["options"] extends { readonly many: true }
    ? ReadonlyArray<Labelled<ValueAt<I[K]>>>
    : I[K]["options"] extends { readonly optional: true }
      ? ValueAt<I[K]> | undefined
      : ValueAt<I[K]>
}
export type OutputsOf<O extends Ports> = { readonly [K in keyof O]: ValueAt<O[K]> }

/** A file of the user's that a parameter names; reading checks that the bytes are those that the key was made of. */
export interface SourceFile {
  /** As the user wrote it, for messages. */
  readonly path: string
  readonly read: () => Promise<Uint8Array>
}

export interface RunContext<P extends ParamsSchema, I extends Ports> {
  readonly params: P["Type"]
  readonly inputs: InputsOf<I>
  /** The files named by the parameters in `files`, by parameter. */
  readonly files: { readonly [param: string]: SourceFile }
  /** Reports how far the stage is, at any rate; `unit` names what is counted, such as `steps`. */
  readonly progress: (done: number, total: number, unit?: string) => void
  /** One line for the stage's log. */
  readonly log: (line: string) => void
  /** Aborted when the user interrupts; a long stage looks at it between steps. */
  readonly signal: AbortSignal
}

/** Something wrong with parameters in themselves or in view of the inputs' types. */
export interface ParamIssue {
  /** Path below `with`, such as `["timesteps", 2]`; empty for the stage as a whole. */
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly hint?: string
}

/** What the symbols in the port types stand for, when an instance is checked; `dims` hold numbers, `attributes` words. */
export interface Known {
  readonly dims: { readonly [symbol: string]: number | undefined }
  readonly attributes: { readonly [symbol: string]: string | undefined }
  /** Which inputs are connected, by port. */
  readonly connected: { readonly [port: string]: boolean }
}

export interface StageDefinition<
  P extends ParamsSchema = ParamsSchema,
  I extends Ports = Ports,
  O extends Ports = Ports
> {
  /** One sentence for the catalogue. */
  readonly summary: string
  /** The paper and equation, or the library, whose definition this follows. */
  readonly source?: string
  readonly params: P
  /** Parameters that name a file: the file's content enters the key in place of its path. */
  readonly files?: ReadonlyArray<keyof P["Type"] & string>
  readonly inputs: I
  readonly outputs: O
  /**
   * What the parameters say about symbols, once the inputs' types are known: the size of an image to load, the number
   * of timesteps. Symbols left out stay unknown until the stage runs.
   */
  readonly bind?: (
    params: P["Type"],
    known: Known
  ) => { readonly [symbol: string]: number | string }
  /** Problems that the schema cannot see, found before anything runs. */
  readonly check?: (params: P["Type"], known: Known) => ReadonlyArray<ParamIssue>
  /** Lines of YAML that use the stage, below `stages:`. */
  readonly example: string
  readonly run: (context: RunContext<P, I>) => Promise<OutputsOf<O>> | OutputsOf<O>
}

/** Declares a stage; returns its argument, typed. */
export const defineStage = <P extends ParamsSchema, const I extends Ports, const O extends Ports>(
  definition: StageDefinition<P, I, O>
): StageDefinition<P, I, O> => definition
