/** What one codec does: a value type's concrete type, and its way to files and back. */
import { UserError } from "../../base/user-error.ts"
import type { JsonObject } from "../../base/json.ts"
import type { TypeExpression } from "../type-expression.ts"
import type { EncodedValue } from "../value.ts"
import type { Value } from "../values.ts"

export interface StoredParts {
  /** Parsed; it has been checked that its name is this codec's. */
  readonly type: TypeExpression
  readonly meta: JsonObject
  /**
   * @throws UserError when the value has no such file
   */
  readonly read: (name: string) => Uint8Array
}

export interface CodecOf<V extends Value> {
  readonly typeOf: (value: V) => TypeExpression
  /**
   * @throws TypeError when the value breaks its own type's rules: a stage's programming error
   */
  readonly encode: (value: V) => Pick<EncodedValue, "meta" | "files">
  /**
   * @throws UserError when the stored parts do not make a value
   */
  readonly decode: (stored: StoredParts) => V
}

/** A stored value that does not decode: its files were damaged or written by something else. */
export const malformed = (problem: string): never => {
  throw new UserError(`a stored value is damaged: ${problem}`, {
    exitCode: 1,
    hint: "`ablate store verify` finds damaged files and what they affect"
  })
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The JSON in a file of a stored value. */
export const readJson = (bytes: Uint8Array, shown: string): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    return malformed(`${shown} is not JSON`)
  }
}

/** The last character is a line break, so that the files are lines to other tools too. */
export const jsonFile = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value)}\n`)
