/**
 * How a stage is defined: ports, parameters, and what it does. One stage is one file whose default export is
 * `defineStage({...})`; its type is its path below `stages/` (`stages/noise/add.ts` is `noise/add`).
 *
 * This file is part of every stage's code fingerprint: keep its run-time code small. Load nothing heavy here; tensors
 * come from `engine/tf.ts`, which loads TensorFlow.js when it is first used.
 */
import type * as Schema from "effect/Schema"
import type { JsonObject } from "./base/json.ts"
import type { TypeName } from "./values/type-expression.ts"
import type { PortValueOf } from "./values/values.ts"

/** Parameters: an Effect schema of a struct whose fields carry descriptions, ranges and defaults. */
export type ParamsSchema = Schema.Struct<Schema.Struct.Fields>

export interface PortOptions {
  readonly description: string
  /** The stage runs without it; `inputs.name` is then `undefined`. Inputs only. */
  readonly optional?: boolean
  /** Takes one or several values (a list of references, or a `collect`), each with a label. Inputs only. */
  readonly many?: boolean
  /** Filled by the stage's `parts`; a pipeline cannot wire it. Inputs only. */
  readonly fromParts?: boolean
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
type ValueAt<P extends Port> = PortValueOf[NameIn<P["type"]>]
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

/** A file in a folder of the user's. */
export interface FolderFile extends SourceFile {
  /** Relative to the folder, with forward slashes. */
  readonly name: string
  /** SHA-256 of its content, as lower-case hexadecimal: known without reading it again. */
  readonly digest: string
  readonly sizeBytes: number
}

/** A folder of the user's that a parameter names; reading checks that its files are those that the key was made of. */
export interface SourceFolder {
  /** As the user wrote it, for messages. */
  readonly path: string
  /** Where it is, absolute: for files that are opened in place because they are too large to read. */
  readonly location: string
  /**
   * The files in it at any depth, by name; hidden ones are left out.
   *
   * @throws UserError when a file has come, gone or changed since the run was planned
   */
  readonly list: () => Promise<ReadonlyArray<FolderFile>>
}

export interface RunContext<P extends ParamsSchema, I extends Ports> {
  readonly params: P["Type"]
  readonly inputs: InputsOf<I>
  /** The files named by the parameters in `files`, by parameter. */
  readonly files: { readonly [param: string]: SourceFile }
  /** The folders named by the parameters in `folders`, by parameter. */
  readonly folders: { readonly [param: string]: SourceFolder }
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
  /** How many values each input gets, by port: 0 where nothing is connected. */
  readonly connected: { readonly [port: string]: number }
}

/** Where an input of a part comes from: an input of the whole stage, or an output of an earlier part. */
export type PartSource =
  | { readonly input: string }
  | { readonly part: string; readonly output: string }

/** An action that a stage is made of, known or run by itself: an epoch of a training. */
export interface Part {
  /** Unique within the stage, such as `epoch-3`; the instance is then called `train/epoch-3`. */
  readonly name: string
  /** One of `partTypes`. */
  readonly uses: string
  /** As they would be written below `with`. */
  readonly params: JsonObject
  /** By port of the part; one whose source is an input that is not connected is left out. */
  readonly inputs: { readonly [port: string]: PartSource }
}

export interface Parts {
  /** Each after those that it reads. */
  readonly parts: ReadonlyArray<Part>
  /** What the stage's own `fromParts` ports get; several, with labels, where the port takes `many`. */
  readonly inputs: {
    readonly [port: string]:
      | PartSource
      | ReadonlyArray<{ readonly label: string; readonly from: PartSource }>
  }
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
  /** Parameters that name a folder: names and contents of the files in it enter the key in place of its path. */
  readonly folders?: ReadonlyArray<keyof P["Type"] & string>
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
  /** Stage types that `parts` may use. */
  readonly partTypes?: ReadonlyArray<string>
  /**
   * Actions that come before `run`, found from the parameters alone. Each has a key of its own, so those that stay the
   * same are not run again when others change. Pure.
   */
  readonly parts?: (params: P["Type"], known: Known) => Parts
  /** Only a part of other stages: not for pipelines, and not in the catalogue. */
  readonly internal?: boolean
  /** Lines of YAML that use the stage, below `stages:`. */
  readonly example: string
  readonly run: (context: RunContext<P, I>) => Promise<OutputsOf<O>> | OutputsOf<O>
}

/** Declares a stage; returns its argument, typed. */
export const defineStage = <P extends ParamsSchema, const I extends Ports, const O extends Ports>(
  definition: StageDefinition<P, I, O>
): StageDefinition<P, I, O> => definition
