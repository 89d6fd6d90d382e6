/** The places where two pieces of JSON differ. */
import { canonicalJson, type Json, type JsonObject } from "../../base/json.ts"

export interface Change {
  /** `unet.channels`, `timesteps[2]`; empty for the whole. */
  readonly path: string
  /** Absent where only the other side has something. */
  readonly before?: Json
  readonly after?: Json
}

/** In the order of the left side, then what only the right side has. */
export const changesOf = (before: Json, after: Json, path = ""): ReadonlyArray<Change> => {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [left, right] = [before as ReadonlyArray<Json>, after as ReadonlyArray<Json>]
    return Array.from({ length: Math.max(left.length, right.length) }, (_, index) =>
      member(`${path}[${index}]`, left[index], right[index])
    ).flat()
  }
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) =>
      member(path === "" ? key : `${path}.${key}`, before[key], after[key])
    )
  }
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ path, before, after }]
}

const member = (
  path: string,
  before: Json | undefined,
  after: Json | undefined
): ReadonlyArray<Change> => {
  if (before !== undefined && after !== undefined) return changesOf(before, after, path)
  if (before === undefined && after === undefined) return []
  return [
    { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
  ]
}

const isRecord = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
