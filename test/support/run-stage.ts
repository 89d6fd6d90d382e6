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
import { typeOf } from "../../src/values/codec.ts"
import {
  type Bindings,
  noBindings,
  parseType,
  printType,
  unify
} from "../../src/values/type-expression.ts"
import type { Value } from "../../src/values/values.ts"

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

/**
 * The stage's outputs, which must have the types that the stage promises for these inputs. `context` replaces the parts of the context
 * that do nothing here.
 */
export const runStage = async <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>,
  inputs: InputsOf<I>,
  params: unknown = {},
  context: Partial<RunContext<P, I>> = {}
): Promise<OutputsOf<O>> => {
  const decoded = decodeParams(stage, params)
  const outputs = await stage.run({
    params: decoded,
    inputs,
    files: {},
    folders: {},
    progress: () => {},
    log: () => {},
    signal: new AbortController().signal,
    ...context
  })
  const bindings = boundBy(stage, inputs, decoded)
  for (const [name, { type }] of Object.entries(stage.outputs)) {
    const found = typeOf(outputs[name] as Value)
    const mismatch = unify(parseType(type), found, bindings)
    if (mismatch !== undefined) {
      throw new Error(`${name} is ${printType(found)}, and ${mismatch.expected} was promised`)
    }
  }
  return outputs
}

/** What the symbols of the ports stand for, by the inputs and by what the stage says of its parameters. */
const boundBy = <P extends ParamsSchema, I extends Ports, O extends Ports>(
  stage: StageDefinition<P, I, O>,
  inputs: InputsOf<I>,
  params: P["Type"]
): Bindings => {
  const bindings = noBindings()
  const connected: Record<string, number> = {}
  for (const [name, { type }] of Object.entries<Ports[string]>(stage.inputs)) {
    const given = (inputs as Record<string, Value | ReadonlyArray<{ value: Value }> | undefined>)[
      name
    ]
    const values =
      given === undefined ? [] : "type" in given ? [given] : given.map(({ value }) => value)
    connected[name] = values.length
    for (const value of values) unify(parseType(type), typeOf(value), bindings)
  }
  const known = {
    dims: Object.fromEntries(bindings.dims),
    attributes: Object.fromEntries(bindings.attributes),
    connected
  }
  for (const [symbol, value] of Object.entries(stage.bind?.(params, known) ?? {})) {
    if (typeof value === "number") bindings.dims.set(symbol, value)
    else bindings.attributes.set(symbol, value)
  }
  return bindings
}

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
