/** Nichol & Dhariwal's schedule, which DeepFloyd IF uses: the signal falls along a squared cosine. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Beta, Timesteps } from "#src/diffusion/schedule-params.ts"
import { alphaBar, cosineBetas } from "#src/diffusion/schedule.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "A noise schedule whose signal falls along a squared cosine (`squaredcos_cap_v2`).",
  source: "Nichol & Dhariwal 2021 (arXiv:2102.09672), equation 17",
  params: Schema.Struct({
    timesteps: Timesteps.pipe(Schema.withDecodingDefaultKey(Effect.succeed(1000))),
    offset: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
      .annotate({ description: "The paper's s; keeps the first betas from vanishing." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.008))),
    maxBeta: Beta.annotate({
      description: "Largest β; the formula would erase the signal at t = T."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.999)))
  }),
  inputs: {},
  outputs: {
    schedule: port("NoiseSchedule[T] towards noise", { description: "The schedule." })
  },
  bind: ({ timesteps }) => ({ T: timesteps }),
  example: `schedule:
  uses: schedule/cosine
  with: { timesteps: 1000 }
`,
  run: ({ params }) => {
    const betas = cosineBetas(params.timesteps, params.offset, params.maxBeta)
    return {
      schedule: {
        type: "NoiseSchedule",
        kind: "cosine",
        betas: [...betas],
        alphaBar: [...alphaBar(betas)]
      }
    }
  }
})
