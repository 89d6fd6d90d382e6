/** A network and what it is told: the leaf of every estimator. */
import { UserError } from "#src/base/user-error.ts"
import { enlargesImages } from "#src/values/estimator-tree.ts"
import type { Estimator } from "#src/values/values.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

const missingImages = "the network enlarges images, and none are connected"
const needlessImages = "the network does not enlarge images"

export default defineStage({
  summary: "An estimate by a network that is told one prompt, or nothing.",
  params: Schema.Struct({
    prompt: Schema.optionalKey(
      Schema.String.annotate({
        description:
          "Which of the conditions, by its prompt, to the byte. The empty text is no condition. Left out, the network is told nothing."
      })
    ),
    noiseLevel: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 })).annotate({
        description:
          "For a network that enlarges: how much noise is put on the small images, as a timestep; 250 when left out.",
        unit: "timesteps"
      })
    )
  }),
  inputs: {
    network: port("Network[H,W,C,E] in R given G of P", {
      description: "A trained model, or a pretrained one."
    }),
    conditions: port("Embedding[N,E]", {
      description: "Where the prompt is looked up.",
      optional: true
    }),
    images: port("Images[S,V,U,C] in R", {
      description:
        "Small images, for a network that enlarges: one for each sample, or one for all.",
      optional: true
    })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description: "The estimate, as a description."
    })
  },
  check: ({ noiseLevel, prompt }, { attributes: { G }, connected }) => [
    ...(G === "nothing"
      ? [
          {
            path: [],
            message: "the network is not told the time, so a sampler cannot ask it",
            hint: "give the network `time: multiply` or `time: add` and train it"
          }
        ]
      : []),
    ...(G === "images" && !connected["images"]
      ? [{ path: [], message: missingImages, hint: "connect `images`" }]
      : []),
    ...(G === "time" && connected["images"]
      ? [{ path: [], message: needlessImages, hint: "remove `images`" }]
      : []),
    ...(prompt !== undefined && prompt !== "" && !connected["conditions"]
      ? [
          {
            path: ["prompt"],
            message: "a prompt needs conditions, and none are connected",
            hint: "connect `conditions: prompts.embedding`"
          }
        ]
      : []),
    ...(prompt === undefined && connected["conditions"]
      ? [
          {
            path: [],
            message:
              "conditions are connected, and no prompt says which of them the network is told",
            hint: 'give `prompt`, `prompt: ""` for none; or leave `conditions` away'
          }
        ]
      : []),
    ...(noiseLevel !== undefined && !connected["images"]
      ? [
          {
            path: ["noiseLevel"],
            message: "noiseLevel is for images to enlarge, and none are connected",
            hint: "connect `images`, or remove it"
          }
        ]
      : [])
  ],
  example: `six:
  uses: estimate/model
  in: { network: train.model, conditions: prompts.embedding }
  with: { prompt: "6" }
`,
  run: ({ inputs: { conditions, images, network }, params: { noiseLevel, prompt } }) => {
    if (prompt !== undefined && conditions !== undefined && !conditions.prompts.includes(prompt)) {
      const known = conditions.prompts.map((one) => JSON.stringify(one)).join(", ")
      throw new UserError(`there is no condition for the prompt ${JSON.stringify(prompt)}`, {
        hint: `there are ${known}`,
        exitCode: 1
      })
    }
    const enlarges = enlargesImages(network)
    if (enlarges !== (images !== undefined)) {
      throw new UserError(enlarges ? missingImages : needlessImages, {
        hint: enlarges ? "connect `images`" : "remove `images`",
        exitCode: 1
      })
    }
    const told = prompt !== undefined && conditions !== undefined
    const estimator: Estimator = {
      type: "Estimator",
      tree: {
        kind: "network",
        network: 0,
        ...(told ? { condition: { embedding: 0, prompt } } : {}),
        ...(images === undefined ? {} : { enlarge: { images: 0, noiseLevel: noiseLevel ?? 250 } })
      },
      networks: [network],
      embeddings: told ? [conditions] : [],
      images: images === undefined ? [] : [images]
    }
    return { estimator }
  }
})
