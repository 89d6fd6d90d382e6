/** "Did you mean": the name closest to what was typed. */
import { distance } from "fastest-levenshtein"

/**
 * The candidate with the smallest edit distance to `typed`, if it is close enough to be meant: at most a third of
 * the longer word's length, and at least one edit. Ties go to the earlier candidate.
 */
export const nearest = (typed: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const edits = editsBetween(typed.toLowerCase(), candidate.toLowerCase())
    const allowed = Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3))
    // Where every letter differs, nothing is alike: `x` is not meant by `z`.
    const isAlike = edits <= allowed && edits < Math.max(typed.length, candidate.length)
    if (isAlike && edits < bestDistance) [best, bestDistance] = [candidate, edits]
  }
  return best
}

/** Levenshtein's distance, but letters in another order (`rnu` for `run`) are one slip of the fingers. */
const editsBetween = (a: string, b: string): number =>
  a !== b && a.length === b.length && sorted(a) === sorted(b) ? 1 : distance(a, b)

const sorted = (text: string) => Array.from(text).toSorted().join("")
