import { addedImage, composed, scaleOrShift, scaledSum } from "./affine.ts"
import { gelu, silu } from "./activations.ts"
import { convEpilogue } from "./conv.ts"
import { channelDot } from "./dot.ts"
import { type Rule } from "./rewrite.ts"
import { lateBroadcast, neutral, reshapes, transposes } from "./shapes.ts"

/**
 * All peepholes, by stages: each is repeated until it changes nothing, and the next begins. Patterns of simple kernels are
 * looked for before scales and shifts are collected, which would hide them.
 */
export const stages: ReadonlyArray<ReadonlyArray<Rule>> = [
  [reshapes, transposes, neutral, lateBroadcast, gelu, silu, channelDot],
  [scaleOrShift, addedImage, composed, scaledSum, convEpilogue, reshapes]
]
