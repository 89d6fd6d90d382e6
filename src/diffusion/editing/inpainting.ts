/** Three rules by which part of an image stays while the rest is made anew. */
import { UserError } from "../../base/user-error.ts"
import type { ImageArray } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import type { Mask } from "../../values/values.ts"
import type { WalkSettings } from "../sampling/sample-estimator.ts"
import type { Move, MovingBatch } from "../sampling/estimator-walk.ts"
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
  jumps: Jumps,
  /** Whether the walk starts from the image with noise, and not from noise alone. */
  fromImage = false
): WalkSettings => {
  const image = (items: ReadonlyArray<number>) => givenImages(images, each, items)
  const where = () => tf.tensor4d(mask.data, [1, ...mask.shape, 1])
  const noised: Pick<WalkSettings, "constrain"> = {
    constrain: (x, at, { items, noise }) =>
      tf.tidy(() => masked(where(), x, atLevel(image(items), at.alphaBar, noise("kept noise", at))))
  }
  const noisedImage = ({ items, noise }: MovingBatch) => {
    const { from } = plan.steps[0]!
    return atLevel(image(items), from.alphaBar, noise("start noise", from))
  }
  const begun = fromImage ? { start: noisedImage } : {}
  switch (rule) {
    case "noised":
      return { plan, ...begun, ...noised }
    case "repaint":
      return { plan, ...begun, ...noised, moves: withJumps(plan, jumps) }
    default:
      return {
        plan,
        start: (batch) => tf.tidy(() => masked(where(), noisedImage(batch), image(batch.items))),
        constrain: (x, _, { items }) => tf.tidy(() => masked(where(), x, image(items)))
      }
  }
}

/**
 * Every step, and again and again so many steps back.
 *
 * Lugmayr et al. 2022, appendix, `get_schedule_jump` of their code: jumps start at the timesteps number 0, length, 2 length, …
 * below T - length of the list, counted from the cleanest, and so never at the clean sample itself.
 *
 * @throws UserError when the jumps are longer than the plan
 */
export const withJumps = (
  { steps }: Pick<SamplingPlan, "steps">,
  jumps: Jumps
): ReadonlyArray<Move> => {
  const [issue] = jumpIssues(steps.length, jumps)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
  const total = steps.length
  const levelWith = (toGo: number): Level => steps[total - toGo]!.from
  return walkWithJumps(total, jumps).map(({ back, toGo }) =>
    back === 0
      ? { kind: "step", step: total - toGo }
      : { kind: "back", from: levelWith(toGo), to: levelWith(toGo + back) }
  )
}

/** How many moves these are, of a plan that is long enough: each jump is one, and its steps are walked again. */
export const jumpMoveCount = (steps: number, { length, resamplings }: Jumps): number => {
  const jumps = Math.ceil((steps - length) / length) * (resamplings - 1)
  return steps + jumps * (1 + length)
}

/** What is wrong with jumps in so many steps. */
export const jumpIssues = (steps: number, { length, resamplings }: Jumps) =>
  length < steps || resamplings === 1
    ? []
    : [
        {
          path: ["jumps", "length"],
          message: `jumps of ${length} steps are too long for ${steps} steps`,
          hint: `use jumps of at most ${steps - 1} steps, or more timesteps`
        }
      ]

/** Before each move: how many steps are to go, and how many of them the move goes back; 0 for a step. */
const walkWithJumps = (total: number, { length, resamplings }: Jumps) => {
  const left = new Map<number, number>()
  for (let start = 0; start < total - length; start += length) left.set(start + 1, resamplings - 1)
  const moves: Array<{ readonly toGo: number; readonly back: number }> = []
  for (let toGo = total; toGo > 0;) {
    moves.push({ toGo, back: 0 })
    toGo -= 1
    const jumps = left.get(toGo) ?? 0
    if (jumps === 0) continue
    left.set(toGo, jumps - 1)
    moves.push({ toGo, back: length })
    toGo += length
  }
  return moves
}
