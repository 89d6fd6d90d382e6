/** Ho et al.'s schedule: betas that rise evenly. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Beta, Timesteps } from "#src/diffusion/schedule-params.ts"
import { alphaBar, linearBetas } from "#src/diffusion/schedule.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "A noise schedule whose betas rise evenly.",
  source: "Ho, Jain & Abbeel 2020 (arXiv:2006.11239), section 4",
  params: Schema.Struct({
    timesteps: Timesteps.pipe(Schema.withDecodingDefaultKey(Effect.succeed(1000))),
    betaStart: Beta.annotate({
      description: "β at t = 0: the variance of the noise that the first step adds."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(1e-4))),
    betaEnd: Beta.annotate({
      description: "β at t = T - 1: the variance of the noise that the last step adds."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.02)))
  }),
  inputs: {},
  outputs: {
    schedule: port("NoiseSchedule[T] towards noise", { description: "The schedule." })
  },
  bind: ({ timesteps }) => ({ T: timesteps }),
  example: `schedule:
  uses: schedule/linear
  with: { timesteps: 1000, betaStart: 1e-4, betaEnd: 0.02 }
`,
  run: ({ params }) => {
    const betas = linearBetas(params.timesteps, params.betaStart, params.betaEnd)
    return {
      schedule: {
        type: "NoiseSchedule",
        kind: "linear",
        betas: [...betas],
        alphaBar: [...alphaBar(betas)]
      }
    }
  }
})
