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
    const edits = distance(typed.toLowerCase(), candidate.toLowerCase())
    const allowed = Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3))
    if (edits <= allowed && edits < bestDistance) [best, bestDistance] = [candidate, edits]
  }
  return best
}
