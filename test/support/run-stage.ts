/** Runs one stage by itself: decodes its parameters as the language does, then calls `run` with plain values. */
import { Schema } from "effect"
import type {
  InputsOf,
  Known,
  OutputsOf,
  ParamIssue,
  ParamsSchema,
  Ports,
  RunContext,
  StageDefinition
} from "../../src/stage.ts"
import { parse } from "yaml"

/** Parameters as YAML gives them, with defaults filled in; throws what the schema says of wrong ones. */
export const decodeParams = <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>,
  params: unknown
): P["Type"] => {
  const schema = stage.params as ParamsSchema as Schema.Struct<
    Record<string, Schema.Decoder<unknown>>
  >
  return Schema.decodeUnknownSync(schema, { errors: "all", onExcessProperty: "error" })(params)
}

/** The stage's outputs. `context` replaces the parts of the context that do nothing here. */
export const runStage = async <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>,
  inputs: InputsOf<I>,
  params: unknown = {},
  context: Partial<RunContext<P, I>> = {}
): Promise<OutputsOf<O>> =>
  stage.run({
    params: decodeParams(stage, params),
    inputs,
    files: {},
    folders: {},
    progress: () => {},
    log: () => {},
    signal: new AbortController().signal,
    ...context
  })

/** What the stage's `check` finds. */
export const checkStage = <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>,
  params: unknown = {},
  known: Partial<Known> = {}
): ReadonlyArray<ParamIssue> =>
  stage.check?.(decodeParams(stage, params), {
    dims: {},
    attributes: {},
    connected: {},
    ...known
  }) ?? []

/** The stage in the example of a definition: its `uses`, the input ports it wires, and its decoded parameters. */
export const decodeExample = <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>
) => {
  const stages = Object.values(
    parse(stage.example) as Record<
      string,
      {
        readonly uses: string
        readonly in?: object
        readonly with?: object
        readonly collect?: { readonly from: object }
      }
    >
  )
  const [first] = stages
  if (first === undefined || stages.length > 1) throw new Error("an example is one stage")
  return {
    uses: first.uses,
    inputs: [...Object.keys(first.in ?? {}), ...Object.keys(first.collect?.from ?? {})],
    params: decodeParams(stage, first.with ?? {})
  }
}
