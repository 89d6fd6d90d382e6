import { nearest } from "../base/nearest.ts"

/** "did you mean", or else what there is. */
export const suggestion = (
  typed: string,
  known: ReadonlyArray<string>,
  otherwise: string
): string | undefined => {
  const near = nearest(typed, known)
  if (near !== undefined) return `did you mean \`${near}\`?`
  if (known.length === 0) return undefined
  const shown = known.slice(0, 12).map((name) => `\`${name}\``)
  return `${otherwise}: ${shown.join(", ")}${known.length > shown.length ? ", …" : ""}`
}
