/** Runs a stage with all its parts, as the runner does, and watches that values are of the types that the ports say. */
import { assert } from "vitest"
import type { JsonObject } from "../../../src/base/json.ts"
import type { Known, Parts, PartSource, Ports, StageDefinition } from "../../../src/stage.ts"
import { typeOf } from "../../../src/values/codec.ts"
import {
  type Bindings,
  noBindings,
  parseType,
  printType,
  unify
} from "../../../src/values/type-expression.ts"
import type { Value } from "../../../src/values/values.ts"
import { decodeParams, runStage } from "../../support/run-stage.ts"

type Given = Value | ReadonlyArray<{ readonly label: string; readonly value: Value }> | undefined
type Values = Readonly<Record<string, Given>>

export interface Whole {
  readonly made: Parts
  readonly known: Known
  readonly outputs: Readonly<Record<string, Value>>
}

const listOf = (given: Given): ReadonlyArray<Value> =>
  given === undefined ? [] : "type" in given ? [given] : given.map(({ value }) => value)

const expectTypes = (ports: Ports, values: Values, bindings: Bindings): void => {
  for (const [name, { type }] of Object.entries(ports)) {
    for (const value of listOf(values[name])) {
      const mismatch = unify(parseType(type), typeOf(value), bindings)
      assert.isUndefined(mismatch, `${name}: ${printType(typeOf(value))} at ${type}`)
    }
  }
}

const knownOf = (ports: Ports, values: Values, bindings: Bindings): Known => ({
  dims: Object.fromEntries(bindings.dims),
  attributes: Object.fromEntries(bindings.attributes),
  connected: Object.fromEntries(
    Object.keys(ports).map((name) => [name, listOf(values[name]).length])
  )
})

const load = async (uses: string): Promise<StageDefinition> => {
  const url = new URL(`../../../stages/${uses}.ts`, import.meta.url)
  return ((await import(url.href)) as { default: StageDefinition }).default
}

/** What the stage's `parts` make of the types of its inputs. */
export const partsOf = (stage: StageDefinition, params: JsonObject, inputs: Values) => {
  const bindings = noBindings()
  expectTypes(stage.inputs, inputs, bindings)
  const known = knownOf(stage.inputs, inputs, bindings)
  const decoded = decodeParams(stage, params)
  assert.deepStrictEqual(stage.check?.(decoded, known) ?? [], [])
  return { bindings, decoded, known, made: stage.parts!(decoded, known) }
}

const one = async (stage: StageDefinition, params: JsonObject, inputs: Values) => {
  const bindings = noBindings()
  expectTypes(stage.inputs, inputs, bindings)
  const known = knownOf(stage.inputs, inputs, bindings)
  const decoded = decodeParams(stage, params)
  assert.deepStrictEqual(stage.check?.(decoded, known) ?? [], [])
  const outputs: Readonly<Record<string, Value>> = await runStage(stage, inputs as never, params)
  expectTypes(stage.outputs, outputs, bindings)
  return outputs
}

export const runWhole = async (
  stage: StageDefinition,
  inputs: Values,
  params: JsonObject
): Promise<Whole> => {
  const { bindings, decoded, known, made } = partsOf(stage, params, inputs)
  const results = new Map<string, Readonly<Record<string, Value>>>()
  const valueOf = (from: PartSource): Given =>
    "input" in from ? inputs[from.input] : results.get(from.part)![from.output]
  for (const part of made.parts) {
    assert.include(stage.partTypes ?? [], part.uses)
    const given = Object.fromEntries(
      Object.entries(part.inputs).flatMap(([port, from]) => {
        const value = valueOf(from)
        return value === undefined ? [] : [[port, value]]
      })
    )
    const type = await load(part.uses)
    // One checkpoint stands for several.
    const widened = Object.fromEntries(
      Object.entries(given).map(([port, value]) => [
        port,
        parseType(type.inputs[port]!.type).name === "Models" && listOf(value)[0]?.type === "Model"
          ? { type: "Models" as const, models: [{ label: "", model: value as never }] }
          : value
      ])
    )
    results.set(part.name, await one(type, part.params, widened))
  }
  const gathered = Object.fromEntries(
    Object.entries(made.inputs).map(([port, from]) => [
      port,
      Array.isArray(from)
        ? (from as ReadonlyArray<{ label: string; from: PartSource }>).map(({ from, label }) => ({
            label,
            value: valueOf(from) as Value
          }))
        : valueOf(from as PartSource)
    ])
  )
  const all = { ...inputs, ...gathered }
  expectTypes(stage.inputs, all, bindings)
  for (const [symbol, value] of Object.entries(stage.bind?.(decoded, known) ?? {})) {
    if (typeof value === "number") bindings.dims.set(symbol, value)
  }
  const outputs: Readonly<Record<string, Value>> = await runStage(stage, all as never, params)
  expectTypes(stage.outputs, outputs, bindings)
  return { made, known, outputs }
}
