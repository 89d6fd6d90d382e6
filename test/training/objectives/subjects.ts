/** Each objective with a small network. */
import { alphaBar, linearBetas } from "../../../src/diffusion/schedule.ts"
import { classify } from "../../../src/training/objectives/classify.ts"
import { ddpm } from "../../../src/training/objectives/ddpm.ts"
import { denoise } from "../../../src/training/objectives/denoise.ts"
import { flowMatching } from "../../../src/training/objectives/flow-matching.ts"
import type { Objective } from "../../../src/training/objectives/objective.ts"
import type { Model } from "../../../src/values/values.ts"
import { smallClassifier, smallUNet } from "../data.ts"

const betas = linearBetas(300, 1e-4, 0.02)
export const schedule = { kind: "linear", betas: [...betas], alphaBar: [...alphaBar(betas)] }

export interface Subject {
  readonly model: Model
  readonly objective: Objective
}

const subject = (model: Model, make: (model: Model) => Objective): Subject => {
  return { model, objective: make(model) }
}
const timed = smallUNet({ time: "multiply" })
const conditioned = smallUNet({ time: "add", classes: 2 })

export const subjects: { readonly [name: string]: Subject } = {
  denoise: subject(smallUNet(), (model) => denoise(model, { from: "image", sigma: [0.2, 0.8] })),
  "denoise from noise": subject(smallUNet(), (model) =>
    denoise(model, { from: "noise", sigma: 0.5 })
  ),
  "flow matching": subject(timed, (model) => flowMatching(model, { unconditional: 0.1 })),
  "flow matching with classes": subject(conditioned, (model) =>
    flowMatching(model, { unconditional: 0.1 })
  ),
  ddpm: subject(conditioned, (model) => ddpm(model, { schedule, unconditional: 0.1 })),
  "ddpm that enlarges": subject(smallUNet({ time: "add", classes: 2, enlarges: 2 }), (model) =>
    ddpm(model, { schedule, unconditional: 0.1 })
  ),
  classify: subject(smallClassifier(), (model) => classify(model, { shift: 1 }))
}
