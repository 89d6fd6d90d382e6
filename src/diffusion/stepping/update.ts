/** What a sampler does with one answer of the network. Pure numbers; `advance` applies them to tensors. */

/**
 * All samplers here are linear in x, the estimate x̂₀ and one more tensor that is kept from answer to answer, the memory:
 *
 *     x'      = currentShare x + sampleShare x̂₀ + memoryShare memory + σ z,  z ~ N(0, I)
 *     memory' = keptCurrent x + keptSample x̂₀
 *
 * x is always in the variance-preserving scale in which the network was trained. A sampler that is defined on x̄ = x/√ᾱ with
 * σ̄ = √(1-ᾱ)/√ᾱ (Karras et al. 2022) is written in it.
 */
export interface Update<N> {
  readonly currentShare: N
  readonly sampleShare: N
  readonly memoryShare: N
  readonly keptCurrent: N
  readonly keptSample: N
  /** σ; with a learned variance the smallest one. 0 where no noise is added. */
  readonly deviation: N
  /** With a learned variance: logarithm of the largest variance over the smallest one. */
  readonly logRange: N
}

/**
 * An update without noise and memory, but for what is given. Its fields always come in one order, so that all updates are one
 * arrangement of arguments to a recorded function.
 */
export const update = ({
  currentShare,
  deviation = 0,
  keptCurrent = 0,
  keptSample = 0,
  logRange = 0,
  memoryShare = 0,
  sampleShare
}: Pick<Update<number>, "currentShare" | "sampleShare"> &
  Partial<Update<number>>): Update<number> => ({
  currentShare,
  sampleShare,
  memoryShare,
  keptCurrent,
  keptSample,
  deviation,
  logRange
})
