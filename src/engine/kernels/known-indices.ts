import { type Value } from "../graph/value.ts"

/**
 * Checks indices whose values are at hand without computing anything. Others are checked when the program runs: ONNX
 * Runtime's CPU refuses those that are too large, but takes negative ones to count from the end.
 *
 * @param dims how many positions there are for each of the indices that lie next to each other
 * @throws Error with the text of `complaint` for the first index that is out of range
 */
export const checkKnownIndices = (
  indices: Value,
  dims: ReadonlyArray<number>,
  complaint: (index: number, dim: number) => string
): void => {
  if (indices.data?.at !== "host") return
  for (const [at, index] of indices.data.array.entries()) {
    const dim = dims[at % dims.length]!
    if (index < 0 || index >= dim) throw new Error(complaint(index, dim))
  }
}
