/** Strict reading of a JSON object: `JSON.parse` would take the last of two equal keys without a word. */

/** Ends the reading with an error that says what is wrong: "its header …". */
export type Refuse = (problem: string) => never

/**
 * The object that UTF-8 text describes, without a key twice in any object at any depth.
 *
 * @param what how problems name the text, such as "its header"
 */
export const parseJsonObject = (
  bytes: Uint8Array,
  what: string,
  refuse: Refuse
): Record<string, unknown> => {
  let text: string
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return refuse(`${what} is not UTF-8`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse(`${what} is not JSON`)
  }
  if (!isRecord(value)) return refuse(`${what} is not a JSON object`)
  const twice = repeatedKey(text)
  return twice === undefined ? value : refuse(`${what} names ${brief(twice)} twice`)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A whole number from 0 to 2^53 - 1. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

/** A value from a file as a message shows it: never pages of it, whatever the file holds. */
export const brief = (value: unknown): string => {
  if (Array.isArray(value)) {
    return value.length <= 8 && value.every((item) => typeof item !== "object" || item === null)
      ? `[${value.map(brief).join(",")}]`
      : `[… ${value.length} items]`
  }
  if (isRecord(value)) return "{…}"
  const text = JSON.stringify(value) ?? "undefined"
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}

/** The first key that an object of a valid JSON text has twice. */
const repeatedKey = (text: string): string | undefined => {
  /** Keys of the objects that are open at this place; undefined for an array. */
  const open: Array<Set<string> | undefined> = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === "{") open.push(new Set())
    else if (character === "[") open.push(undefined)
    else if (character === "}" || character === "]") open.pop()
    else if (character === '"') {
      const end = stringEnd(text, at)
      const keys = open.at(-1)
      if (keys !== undefined && isBeforeColon(text, end)) {
        const key = JSON.parse(text.slice(at, end)) as string
        if (keys.has(key)) return key
        keys.add(key)
      }
      at = end - 1
    }
  }
  return undefined
}

/** Behind the closing quote of the string whose opening quote is at `start`. */
const stringEnd = (text: string, start: number): number => {
  let quote = start
  do quote = text.indexOf('"', quote + 1)
  while (isEscaped(text, quote))
  return quote + 1
}

const isEscaped = (text: string, at: number): boolean => {
  let backslashes = 0
  while (text[at - 1 - backslashes] === "\\") backslashes++
  return backslashes % 2 === 1
}

const isBeforeColon = (text: string, at: number): boolean => {
  let next = at
  while (" \t\n\r".includes(text[next] ?? ":")) next++
  return text[next] === ":"
}
