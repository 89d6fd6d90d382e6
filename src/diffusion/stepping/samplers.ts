/** The samplers by name. */
import { ddimUpdate } from "./ddim.ts"
import { ddpmUpdate } from "./ddpm.ts"
import { dpmSolverUpdates } from "./dpm-solver.ts"
import { eulerUpdate } from "./euler.ts"
import { heunUpdates } from "./heun.ts"
import type { Transition } from "./level.ts"
import type { Update } from "./update.ts"
import type { Variance } from "./variance.ts"

export const samplerNames = ["ddpm", "ddim", "euler", "heun", "dpm-solver++"] as const

/** A sampler with its settings. */
export type Sampler =
  | { readonly kind: "ddpm"; readonly variance: Variance }
  | {
      readonly kind: "ddim"
      /** From 0 to 1. */
      readonly eta: number
    }
  | { readonly kind: "euler" | "heun" | "dpm-solver++" }

/** For each transition its updates, one an evaluation: the first at its start, a second at its end. */
export const updatesOf = (
  sampler: Sampler,
  transitions: ReadonlyArray<Transition>
): ReadonlyArray<ReadonlyArray<Update<number>>> => {
  switch (sampler.kind) {
    case "ddpm":
      return transitions.map((transition) => [ddpmUpdate(transition, sampler.variance)])
    case "ddim":
      return transitions.map((transition) => [ddimUpdate(transition, sampler.eta)])
    case "euler":
      return transitions.map((transition) => [eulerUpdate(transition)])
    case "heun":
      return transitions.map(heunUpdates)
    default:
      return dpmSolverUpdates(transitions).map((one) => [one])
  }
}
