/** Three rules by which part of an image stays while the rest is made anew. */
import { UserError } from "../../base/user-error.ts"
import type { ImageArray } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import type { Mask } from "../../values/values.ts"
import type { WalkSettings } from "../sampling/sample-estimator.ts"
import type { Move } from "../sampling/estimator-walk.ts"
import type { Level } from "../stepping/level.ts"
import type { SamplingPlan } from "../stepping/plan.ts"
import { atLevel } from "./forward.ts"
import { givenImages } from "./given-images.ts"
import { masked } from "./masked.ts"

/**
 * - `noised`: from noise; after each step the kept part is the image at the noise level that x now has. Berkeley CS180, project 5.
 * - `repaint`: the same, but again and again a few steps back by adding noise, so that both parts come to agree. Lugmayr et al.
 *   2022 (arXiv:2201.09865), algorithm 1 with jumps.
 * - `clean`: from the image with noise where new content goes; after each step the kept part is the clean image. What
 *   diffusers' `IFInpaintingPipeline` does.
 */
export const inpaintingRules = ["noised", "repaint", "clean"] as const
export type InpaintingRule = (typeof inpaintingRules)[number]

/** What stays as it is, and where. */
export interface Kept {
  readonly images: ImageArray
  /** How many samples in a row are of one image. */
  readonly each: number
  /** 1 where new content goes. */
  readonly mask: Mask
}

export interface Jumps {
  /** How many steps a jump goes back. */
  readonly length: number
  /** How often each stretch is walked in all. */
  readonly resamplings: number
}

/** How samples walk along the plan by a rule. */
export const inpainting = (
  rule: InpaintingRule,
  plan: SamplingPlan,
  { each, images, mask }: Kept,
  jumps: Jumps
): WalkSettings => {
  const image = (items: ReadonlyArray<number>) => givenImages(images, each, items)
  const where = () => tf.tensor4d(mask.data, [1, ...mask.shape, 1])
  const noised: Pick<WalkSettings, "constrain"> = {
    constrain: (x, at, { items, noise }) =>
      tf.tidy(() => masked(where(), x, atLevel(image(items), at.alphaBar, noise("kept noise", at))))
  }
  switch (rule) {
    case "noised":
      return { plan, ...noised }
    case "repaint":
      return { plan, ...noised, moves: withJumps(plan, jumps) }
    default:
      return {
        plan,
        start: ({ items, noise }) =>
          tf.tidy(() => {
            const { from } = plan.steps[0]!
            const known = image(items)
            return masked(where(), atLevel(known, from.alphaBar, noise("start noise", from)), known)
          }),
        constrain: (x, _, { items }) => tf.tidy(() => masked(where(), x, image(items)))
      }
  }
}

/**
 * Every step, and at each `length`th from the end so many jumps back.
 *
 * Lugmayr et al. 2022, appendix, `get_schedule_jump` of their code: with t steps to go, jumps start at t = 0, length, 2 length, …
 * below T - length, and no jump starts at the end itself more often than at the others.
 *
 * @throws UserError when the jumps are longer than the plan
 */
export const withJumps = (
  { steps }: Pick<SamplingPlan, "steps">,
  { length, resamplings }: Jumps
): ReadonlyArray<Move> => {
  const total = steps.length
  if (length >= total && resamplings > 1) {
    throw new UserError(`jumps of ${length} steps are too long for ${total} steps`, {
      hint: `use jumps of at most ${total - 1} steps, or more timesteps`
    })
  }
  const left = new Map<number, number>()
  for (let start = 0; start < total - length; start += length) left.set(start, resamplings - 1)
  const levelWith = (toGo: number): Level =>
    toGo === 0 ? steps[total - 1]!.to : steps[total - toGo]!.from
  const moves: Array<Move> = []
  for (let toGo = total; toGo > 0;) {
    moves.push({ kind: "step", step: total - toGo })
    toGo -= 1
    const jumps = left.get(toGo) ?? 0
    if (jumps === 0) continue
    left.set(toGo, jumps - 1)
    moves.push({ kind: "back", from: levelWith(toGo), to: levelWith(toGo + length) })
    toGo += length
  }
  return moves
}
