/** Parameters as people write them, short enough for one line: `1e-2`, `constant`, `[0, 250, 500, …]`. */
import type { Json } from "../base/json.ts"

const longest = 48

/** Both in one style, so that `1e-2 → 1e-4` and `0.05 → 0.1` can be compared at a glance; `not set` for what is absent. */
export const showChange = (
  before: Json | undefined,
  after: Json | undefined
): { readonly before: string; readonly after: string } => {
  const exponential = [before, after].some(
    (value) => typeof value === "number" && isBetterExponential(value)
  )
  return { before: showValue(before, exponential), after: showValue(after, exponential) }
}

export const showValue = (value: Json | undefined, exponential = false): string =>
  value === undefined ? "not set" : elide(show(value, exponential))

const show = (value: Json, exponential: boolean): string => {
  if (typeof value === "number") return showNumber(value, exponential)
  if (typeof value === "string") return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value)
  if (value === null || typeof value === "boolean") return String(value)
  if (isArray(value)) return `[${value.map((item) => show(item, exponential)).join(", ")}]`
  const members = Object.entries(value).map(
    ([key, member]) => `${key}: ${show(member, exponential)}`
  )
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`
}

const isArray = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

const showNumber = (value: number, exponential: boolean): string => {
  const decimal = String(value)
  const short = shortExponential(value)
  return exponential && short.length <= decimal.length ? short : decimal
}

/** `1e-4` for 0.0001, as people write it; `String` turns to this form only below 1e-6. */
const shortExponential = (value: number): string => value.toExponential().replace("e+", "e")

const isBetterExponential = (value: number): boolean => {
  const size = Math.abs(value)
  const isExtreme = size !== 0 && (size < 1e-2 || size >= 1e7)
  return isExtreme && shortExponential(value).length < String(value).length
}

const elide = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1).trimEnd()}…`
