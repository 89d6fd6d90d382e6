/** The definitions of the stages that a pipeline uses, with the types of their ports parsed. */
import { UserError } from "../base/user-error.ts"
import type { StageDefinition } from "../stage.ts"
import { parseType, type TypeExpression } from "../values/type-expression.ts"
import type { StageRegistry } from "./registry.ts"

export interface PortDefinition {
  readonly name: string
  readonly type: TypeExpression
  readonly optional: boolean
  readonly many: boolean
  /** Filled by the stage's parts. */
  readonly fromParts: boolean
}

export interface Definition {
  readonly uses: string
  readonly stage: StageDefinition
  readonly inputs: ReadonlyMap<string, PortDefinition>
  readonly outputs: ReadonlyMap<string, PortDefinition>
}

export type Definitions = ReadonlyMap<string, Definition | UserError>

export const loadDefinitions = async (
  registry: StageRegistry,
  uses: ReadonlyArray<string>
): Promise<Definitions> =>
  new Map(
    await Promise.all(uses.map(async (name) => [name, await loadOne(registry, name)] as const))
  )

/** The definitions of stage types, and of those that they have as parts. */
export const loadWithParts = async (
  registry: StageRegistry,
  uses: ReadonlyArray<string>
): Promise<Definitions> => {
  const used = await loadDefinitions(registry, uses)
  const parts = [...used.values()].flatMap((definition) =>
    definition instanceof UserError ? [] : (definition.stage.partTypes ?? [])
  )
  const more = [...new Set(parts)].filter((name) => !used.has(name))
  return more.length === 0 ? used : new Map([...used, ...(await loadDefinitions(registry, more))])
}

const loadOne = async (registry: StageRegistry, uses: string): Promise<Definition | UserError> => {
  try {
    const stage = await registry.load(uses)
    return { uses, stage, inputs: portsOf(stage.inputs), outputs: portsOf(stage.outputs) }
  } catch (cause) {
    if (cause instanceof UserError) return cause
    const message = cause instanceof Error ? cause.message : String(cause)
    return new UserError(`the stage \`${uses}\` cannot be used: ${message}`, { cause })
  }
}

const portsOf = (ports: StageDefinition["inputs"]): ReadonlyMap<string, PortDefinition> =>
  new Map(
    Object.entries(ports).map(([name, { type, options }]) => [
      name,
      {
        name,
        type: parseType(type),
        optional: options.optional === true,
        many: options.many === true,
        fromParts: options.fromParts === true
      }
    ])
  )
