/**
 * Raised when what the engine hands to ONNX Runtime changes so that a result may have other bits: another operator for a
 * kernel, another order of sums, a new peephole. It is part of the numerics class, and so of the key of every stage that
 * computes tensors: results of an older lowering are computed again.
 */
export const loweringVersion = 1
