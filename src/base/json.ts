/** JSON values and their one canonical text, so that equal values have equal digests. */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * The canonical text of RFC 8785: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript
 * prints them (so `1e-2` and `0.01` are one). Keys whose value is `undefined` are left out.
 *
 * @throws TypeError for what JSON cannot hold (NaN, infinities, functions); silently writing `null` would let
 *   different inputs share a digest
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "boolean":
      return value ? "true" : "false"
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`)
      return Object.is(value, -0) ? "0" : String(value)
    case "object": {
      if (value === null) return "null"
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
      const record = value as Record<string, unknown>
      const members = Object.keys(record)
        .filter((key) => record[key] !== undefined)
        .toSorted()
        .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`)
      return `{${members.join(",")}}`
    }
    default:
      throw new TypeError(`a ${typeof value} has no JSON form`)
  }
}
