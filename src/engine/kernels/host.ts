/**
 * Kernels that are computed on the host by tfjs's own cpu kernels: what they do to strings, or a result's shape, depends
 * on values, so they can neither be recorded nor be part of a compiled function.
 */
import { type HostKernel } from "./kernel.ts"

const onHost = (...names: ReadonlyArray<string>): ReadonlyArray<HostKernel> =>
  names.map((name) => ({ name, onHost: true }))

export const hostKernels: ReadonlyArray<HostKernel> = [
  // As many results as there are different, or as survive.
  ...onHost("Unique", "NonMaxSuppressionV3", "NonMaxSuppressionV4", "NonMaxSuppressionV5"),
  // Shapes as values.
  ...onHost("BroadcastArgs", "SparseReshape"),
  // Ragged and sparse tensors: row lengths and segments as values.
  ...onHost("RaggedGather", "RaggedRange", "RaggedTensorToTensor"),
  ...onHost("SparseFillEmptyRows", "SparseSegmentMean", "SparseSegmentSum"),
  // Strings.
  ...onHost("StaticRegexReplace", "StringNGrams", "StringSplit", "StringToHashBucketFast"),
  // Draws random numbers: part of a compiled function they would be the same at every call.
  ...onHost("Multinomial")
]
