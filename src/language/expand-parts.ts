/**
 * The parts of a stage instance (`StageDefinition.parts`) as instances of their own: `train[seed=1]/epoch-3`.
 *
 * What is wrong here is wrong in the stage, not in the pipeline: it is thrown, and told as the stage's fault.
 */
import { UserError } from "../base/user-error.ts"
import type { Json } from "../base/json.ts"
import type { Known, ParamsSchema, Part, PartSource, Parts } from "../stage.ts"
import {
  type Bindings,
  noBindings,
  printType,
  substitute,
  type TypeExpression,
  unify
} from "../values/type-expression.ts"
import { decodeGiven } from "./check-params.ts"
import type { Definition, Definitions, PortDefinition } from "./definitions.ts"
import type { InputRef, OutputRef, StageInstance } from "./pipeline.ts"

export interface PartsRequest {
  /** The instance that the parts belong to; its `inputs` are those that the pipeline wires. */
  readonly owner: Omit<StageInstance, "outputs">
  readonly definition: Definition
  readonly definitions: Definitions
  readonly params: ParamsSchema["Type"]
  readonly known: Known
  /** The types of what is wired to the owner, by port. */
  readonly types: ReadonlyMap<string, ReadonlyArray<TypeExpression>>
  /** The owner's; what its parts say about them is added. */
  readonly bindings: Bindings
}

export interface ExpandedParts {
  readonly instances: ReadonlyArray<StageInstance>
  /** The owner's inputs that come from its parts. */
  readonly inputs: StageInstance["inputs"]
  readonly wires: number
  /** Values and characters of the parameters. */
  readonly size: number
}

/** Of all stages of a pipeline together. */
export const maxParts = 100_000

/** What a port gets: where from, and of which types. */
interface Wired {
  readonly ref: InputRef
  readonly types: ReadonlyArray<TypeExpression>
}

type OutputTypes = ReadonlyMap<string, TypeExpression>

/** @throws TypeError, or whatever `parts` throws: a fault of the stage */
export const expandParts = (request: PartsRequest): ExpandedParts => {
  const { definition, known, owner, params } = request
  const made = definition.stage.parts?.(params, known) ?? { parts: [], inputs: {} }
  if (made.parts.length > maxParts) {
    throw new TypeError(`it has ${made.parts.length} parts, and ${maxParts} are the most`)
  }
  const outputs = new Map<string, OutputTypes>()
  const sources = sourceReader(request, outputs)
  const instances: Array<StageInstance> = []
  let [wires, size] = [0, 0]
  for (const part of made.parts) {
    if (outputs.has(part.name)) throw new TypeError(`it has two parts \`${part.name}\``)
    const { instance, types, ...costs } = expandOne(part, request, sources)
    outputs.set(part.name, types)
    instances.push(instance)
    wires += costs.wires
    size += costs.size
  }
  const inputs = ownInputs(made, request, sources)
  for (const input of Object.values(inputs)) wires += input.kind === "one" ? 1 : input.items.length
  if (instances.length > 0 && Object.keys(inputs).length === 0) {
    throw new TypeError(`\`${owner.uses}\` reads none of its parts`)
  }
  return { instances, inputs, wires, size }
}

/** No character that stands for something in `train[seed=1]/epoch-3.model`. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

type Sources = (from: PartSource) => Wired | undefined

const expandOne = (
  part: Part,
  { definition, definitions, owner }: PartsRequest,
  sources: Sources
) => {
  if (!nameForm.test(part.name)) {
    throw new TypeError(
      `${JSON.stringify(part.name)} cannot be the name of a part: a letter or digit, and letters, digits, \`-\` and \`_\` follow`
    )
  }
  const type = partDefinition(part, definition, definitions)
  const within = <A>(work: () => A): A => {
    try {
      return work()
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new TypeError(`its part \`${part.name}\`: ${message}`, { cause })
    }
  }
  return within(() => {
    const bindings = noBindings()
    const inputs: Record<string, InputRef> = {}
    let wires = 0
    for (const [name, from] of Object.entries(part.inputs)) {
      const port = type.inputs.get(name)
      if (port === undefined) throw new TypeError(`\`${type.uses}\` has no input \`${name}\``)
      const found = sources(from)
      if (found === undefined) continue
      inputs[name] = fit(port, asWanted(port, found, labelOf(from)), bindings)
      wires += found.types.length
    }
    requireInputs(type, inputs)
    const { json, params } = decodeGiven(type, part.params)
    applyMeaning(type, params, bindings, inputs)
    const types = new Map(
      [...type.outputs.values()].map(({ name, type }) => [name, substitute(type, bindings)])
    )
    const instance: StageInstance = {
      id: `${owner.id}/${part.name}`,
      stage: owner.stage,
      part: part.name,
      point: owner.point,
      uses: type.uses,
      params: json,
      files: {},
      inputs,
      outputs: Object.fromEntries([...types].map(([name, type]) => [name, printType(type)])),
      resources: owner.resources,
      position: owner.position
    }
    return { instance, types, wires, size: sizeOf(json) }
  })
}

const partDefinition = (part: Part, owner: Definition, definitions: Definitions): Definition => {
  if (owner.stage.partTypes?.includes(part.uses) !== true) {
    throw new TypeError(
      `\`partTypes\` does not name \`${part.uses}\`, which is used by its part \`${part.name}\``
    )
  }
  const type = definitions.get(part.uses)
  if (type === undefined) throw new TypeError(`there is no stage type \`${part.uses}\``)
  if (type instanceof UserError) throw new TypeError(type.message, { cause: type })
  const hinder =
    type.stage.parts !== undefined
      ? "has parts itself"
      : [...(type.stage.files ?? []), ...(type.stage.folders ?? [])].length > 0
        ? "reads files"
        : undefined
  if (hinder === undefined) return type
  throw new TypeError(`\`${part.uses}\` cannot be a part, since it ${hinder}`)
}

/** Where values come from, by what a part says: an input of the whole stage, or an output of an earlier part. */
const sourceReader =
  (
    { definition, owner, types }: PartsRequest,
    outputs: ReadonlyMap<string, OutputTypes>
  ): Sources =>
  (from) => {
    if ("input" in from) {
      const port = definition.inputs.get(from.input)
      if (port === undefined || port.fromParts) {
        throw new TypeError(`\`${definition.uses}\` has no input \`${from.input}\` from outside`)
      }
      const ref = owner.inputs[from.input]
      return ref === undefined ? undefined : { ref, types: types.get(from.input) ?? [] }
    }
    const made = outputs.get(from.part)
    if (made === undefined) {
      throw new TypeError(`there is no part \`${from.part}\` before what reads it`)
    }
    const type = made.get(from.output)
    if (type === undefined) {
      throw new TypeError(`the part \`${from.part}\` has no output \`${from.output}\``)
    }
    const output: OutputRef = { instance: `${owner.id}/${from.part}`, port: from.output }
    return { ref: { kind: "one", from: output }, types: [type] }
  }

const labelOf = (from: PartSource): string => ("input" in from ? from.input : from.part)

/** One value at a port that takes several has a label too; several do not fit a port that takes one. */
const asWanted = (port: PortDefinition, { ref, types }: Wired, label: string): Wired => {
  if (port.many && ref.kind === "one") {
    return { ref: { kind: "many", items: [{ label, from: ref.from }] }, types }
  }
  if (port.many || ref.kind === "one") return { ref, types }
  throw new TypeError(`the input \`${port.name}\` takes one value, not several`)
}

const fit = (port: PortDefinition, { ref, types }: Wired, bindings: Bindings): InputRef => {
  for (const type of types) {
    const mismatch = unify(port.type, type, bindings)
    if (mismatch === undefined) continue
    throw new TypeError(
      `the input \`${port.name}\` expects \`${mismatch.expected}\`, but gets \`${mismatch.found}\``
    )
  }
  return ref
}

const requireInputs = (type: Definition, inputs: StageInstance["inputs"], fromParts = false) => {
  for (const port of type.inputs.values()) {
    if (port.optional || port.fromParts !== fromParts || inputs[port.name] !== undefined) continue
    throw new TypeError(`\`${type.uses}\` needs the input \`${port.name}\``)
  }
}

const valuesAt = (input: StageInstance["inputs"][string] | undefined): number =>
  input === undefined ? 0 : input.kind === "one" ? 1 : input.items.length

/** What the type of the part says of its parameters, as of those in a pipeline. */
const applyMeaning = (
  { inputs: ports, stage }: Definition,
  params: ParamsSchema["Type"],
  bindings: Bindings,
  inputs: StageInstance["inputs"]
): void => {
  const known = (): Known => ({
    dims: Object.fromEntries(bindings.dims),
    attributes: Object.fromEntries(bindings.attributes),
    connected: Object.fromEntries([...ports.keys()].map((port) => [port, valuesAt(inputs[port])]))
  })
  for (const [symbol, value] of Object.entries(stage.bind?.(params, known()) ?? {})) {
    const [earlier, bind] =
      typeof value === "number"
        ? [bindings.dims.get(symbol), () => bindings.dims.set(symbol, value)]
        : [bindings.attributes.get(symbol), () => bindings.attributes.set(symbol, value)]
    if (earlier !== undefined && earlier !== value) {
      throw new TypeError(
        `its parameters make \`${symbol}\` ${value}, but its inputs make it ${earlier}`
      )
    }
    bind()
  }
  const [issue] = stage.check?.(params, known()) ?? []
  if (issue !== undefined) throw new TypeError(issue.message)
}

/** What the stage itself gets from its parts. */
const ownInputs = (
  { inputs: given }: Parts,
  { bindings, definition }: PartsRequest,
  sources: Sources
): StageInstance["inputs"] => {
  const inputs: Record<string, InputRef> = {}
  for (const [name, from] of Object.entries(given)) {
    const port = definition.inputs.get(name)
    if (port?.fromParts !== true) {
      throw new TypeError(`\`${definition.uses}\` has no input \`${name}\` that its parts fill`)
    }
    const found = isList(from) ? severalOf(from, sources) : sources(from)
    if (found === undefined) continue
    inputs[name] = fit(port, asWanted(port, found, isList(from) ? "" : labelOf(from)), bindings)
  }
  requireInputs(definition, inputs, true)
  return inputs
}

type Several = ReadonlyArray<{ readonly label: string; readonly from: PartSource }>

const isList = (from: PartSource | Several): from is Several => Array.isArray(from)

const severalOf = (several: Several, sources: Sources): Wired | undefined => {
  const labels = new Set<string>()
  const types: Array<TypeExpression> = []
  const items = several.flatMap(({ from, label }) => {
    const found = sources(from)
    if (found === undefined) return []
    if (found.ref.kind === "many") throw new TypeError(`\`${label}\` stands for several values`)
    if (labels.has(label)) throw new TypeError(`two values have the label \`${label}\``)
    labels.add(label)
    types.push(...found.types)
    return [{ label, from: found.ref.from }]
  })
  return items.length === 0 ? undefined : { ref: { kind: "many", items }, types }
}

const sizeOf = (json: Json): number => {
  if (typeof json === "string") return 1 + json.length
  if (typeof json !== "object" || json === null) return 1
  return Object.values(json).reduce<number>((sum, value) => sum + sizeOf(value), 1)
}
