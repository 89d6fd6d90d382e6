/** Trained weights from a file, of ablate or of PyTorch. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { checkWeights } from "#src/models/check-weights.ts"
import { decodeModelFile, type ModelNotes } from "#src/models/model-file.ts"
import {
  Channels,
  Classes,
  Enlarges,
  enlargesIssues,
  enlarging,
  givenFor,
  ImageChannels,
  ImageSize,
  imageSizeIssues,
  ModelRange,
  Time
} from "#src/models/model-params.ts"
import { networkFor } from "#src/models/model-value.ts"
import { completeStateDict } from "#src/models/state-dict.ts"
import { defineStage, type ParamIssue, port } from "#src/stage.ts"
import type { Architecture, Model, NoiseSchedule } from "#src/values/values.ts"

const params = Schema.Struct({
  path: Schema.NonEmptyString.annotate({
    description:
      "The safetensors file; or a .pth or .pt file of torch.save that holds a state dict and nothing else."
  }),
  network: Schema.Literals(["unet", "classifier"])
    .annotate({ description: "What the weights are of: model/unet or model/classifier." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("unet" as const))),
  channels: Channels.annotate({ description: "The width D at full size." }),
  time: Time,
  classes: Classes.annotate({
    description: "How many classes a U-Net can be told, or a classifier tells apart."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  imageSize: ImageSize,
  imageChannels: ImageChannels,
  enlarges: Enlarges,
  range: ModelRange,
  prediction: Schema.optionalKey(
    Schema.Literals(["epsilon", "sample", "velocity", "logits"]).annotate({
      description:
        "What its output stands for: the noise, the clean image, the flow's velocity, or a classifier's logits. Absent: as the file says, if it does."
    })
  )
})

export default defineStage({
  summary:
    "Trained weights from a file: a safetensors file of model/save, or a PyTorch state dict with the same names.",
  source: "The safetensors format (https://github.com/huggingface/safetensors)",
  params,
  files: ["path"],
  inputs: {
    schedule: port("NoiseSchedule[T] towards noise", {
      description:
        "What a discrete diffusion model was trained with; a file of model/save holds its own.",
      optional: true
    })
  },
  outputs: {
    model: port("Model[S,S,C,K] in R given G of P", { description: "The trained network." })
  },
  bind: ({ classes, enlarges, imageChannels, imageSize, prediction, range, time }) => ({
    S: imageSize,
    C: imageChannels,
    K: classes,
    R: range,
    G: givenFor(time, enlarges),
    ...(prediction === undefined ? {} : { P: prediction })
  }),
  check: ({ classes, enlarges, imageSize, network, path, prediction, time }) => [
    ...fileIssues(path),
    ...(network === "unet"
      ? [...imageSizeIssues(imageSize), ...enlargesIssues({ enlarges, imageSize, time })]
      : classifierIssues(time, classes, enlarges)),
    ...(prediction !== undefined && (prediction === "logits") !== (network === "classifier")
      ? [{ path: ["prediction"], message: `a ${names[network]} does not predict ${prediction}` }]
      : [])
  ],
  example: `network:
  uses: model/load
  with: { path: weights/flow.safetensors, channels: 64, time: add, classes: 10, prediction: velocity }
`,
  run: async ({ files, inputs, params }) => {
    const { path } = files["path"]!
    const { notes, weights } = decodeModelFile(await files["path"]!.read(), path)
    const network = networkFor(architectureOf(params))
    if (notes !== undefined) agree(path, { ...network.architecture }, params, notes)
    checkWeights(network, weights, `the weights in ${path}`)
    const prediction = params.prediction ?? notes?.prediction
    const schedule = scheduleOf(path, inputs.schedule, notes)
    return {
      model: {
        type: "Model",
        architecture: network.architecture,
        range: params.range,
        ...(prediction === undefined ? {} : { prediction }),
        ...(schedule === undefined ? {} : { schedule }),
        weights: completeStateDict(network.parameters, weights)
      }
    }
  }
})

type Params = (typeof params)["Type"]

const names = { unet: "U-Net", classifier: "classifier" } as const

const fileIssues = (path: string): ReadonlyArray<ParamIssue> => {
  const ending = /\.(ckpt|bin|pkl)$/i.exec(path)?.[0]
  if (ending === undefined) return []
  return [
    {
      path: ["path"],
      message: `${path} may hold anything that Python has, which only Python can read`,
      hint: `convert it there: \`safetensors.torch.save_file(torch.load("${path}"), "${path.slice(0, -ending.length)}.safetensors")\`, of the state dict alone`
    }
  ]
}

const classifierIssues = (
  time: Params["time"],
  classes: number,
  enlarges: number
): ReadonlyArray<ParamIssue> => [
  ...(enlarges === 1 ? [] : [{ path: ["enlarges"], message: "a classifier enlarges nothing" }]),
  ...(time === "none" ? [] : [{ path: ["time"], message: "a classifier is told no time" }]),
  ...(classes >= 2
    ? []
    : [
        {
          path: ["classes"],
          message: `a classifier tells two classes or more apart, not ${classes}`,
          hint: "add `classes: 10`"
        }
      ])
]

const architectureOf = (params: Params): Architecture => {
  const { channels, classes, enlarges, imageChannels, imageSize, network: kind, time } = params
  const common = { channels, imageSize, imageChannels, classes }
  return kind === "unet" ? { kind, ...common, time, ...enlarging(enlarges) } : { kind, ...common }
}

/** Not all that a file says of its model can be seen in the weights: factors and summands are alike there. */
const agree = (
  path: string,
  { kind, ...settings }: { readonly [setting: string]: unknown },
  { prediction, range }: Params,
  notes: ModelNotes
): void => {
  const given = { network: kind, ...settings, range, prediction, ...factor(kind, settings) }
  const { kind: network, ...rest } = notes.architecture
  const said: { readonly [name: string]: unknown } = {
    network,
    ...rest,
    range: notes.range,
    prediction: notes.prediction,
    ...factor(network, rest)
  }
  const differing = Object.entries(given).filter(
    ([name, value]) => value !== undefined && said[name] !== undefined && value !== said[name]
  )
  if (differing.length === 0) return
  const list = (values: (name: string, given: unknown) => unknown) =>
    differing.map(([name, value]) => `${name}: ${String(values(name, value))}`).join(", ")
  throw new UserError(
    `${path} is of a model with ${list((name) => said[name])}, where the parameters say ${list((_, value) => value)}`,
    { hint: `write \`${list((name) => said[name])}\`, or load another file` }
  )
}

/** Of a network that does not enlarge too, as the parameter has it. */
const factor = (kind: unknown, { enlarges = 1 }: { readonly [setting: string]: unknown }) =>
  kind === "unet" ? { enlarges } : {}

const scheduleOf = (
  path: string,
  connected: NoiseSchedule | undefined,
  notes: ModelNotes | undefined
): Model["schedule"] => {
  const own = notes?.schedule
  if (connected === undefined) return own
  const { alphaBar, betas, kind } = connected
  if (own !== undefined && own.betas.join() !== betas.join()) {
    throw new UserError(`${path} was trained with another schedule than the one connected`, {
      hint: "remove the input `schedule`: the file holds its own"
    })
  }
  return { kind, betas, alphaBar }
}
