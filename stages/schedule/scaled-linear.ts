/** Latent diffusion's schedule: betas whose square roots rise evenly. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Beta, Timesteps } from "#src/diffusion/schedule-params.ts"
import { alphaBar, scaledLinearBetas } from "#src/diffusion/schedule.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "A noise schedule whose betas' square roots rise evenly.",
  source: "Rombach et al. 2022 (arXiv:2112.10752); `scaled_linear` in diffusers",
  params: Schema.Struct({
    timesteps: Timesteps.pipe(Schema.withDecodingDefaultKey(Effect.succeed(1000))),
    betaStart: Beta.annotate({
      description: "β at t = 0: the variance of the noise that the first step adds."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.00085))),
    betaEnd: Beta.annotate({
      description: "β at t = T - 1: the variance of the noise that the last step adds."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.012)))
  }),
  inputs: {},
  outputs: {
    schedule: port("NoiseSchedule[T] towards noise", { description: "The schedule." })
  },
  bind: ({ timesteps }) => ({ T: timesteps }),
  example: `schedule:
  uses: schedule/scaled-linear
  with: { timesteps: 1000, betaStart: 0.00085, betaEnd: 0.012 }
`,
  run: ({ params }) => {
    const betas = scaledLinearBetas(params.timesteps, params.betaStart, params.betaEnd)
    return {
      schedule: {
        type: "NoiseSchedule",
        kind: "scaled-linear",
        betas: [...betas],
        alphaBar: [...alphaBar(betas)]
      }
    }
  }
})
