/**
 * Networks as `model.json`, which says what they are, and a file of weights each that PyTorch loads as a state dict.
 *
 * Checkpoints share one `model.json` and have files of the same bytes as each model alone would have, so that the
 * content-addressed store keeps them once.
 */
import type { TypeExpression } from "../type-expression.ts"
import type { Architecture, Model, Models, NoiseSchedule, PixelRange } from "../values.ts"
import { encodeWeights } from "../weights-file.ts"
import {
  type CodecOf,
  isRecord,
  jsonFile,
  malformed,
  readJson,
  type StoredParts
} from "./codec-of.ts"
import { noiseScheduleFrom, noiseScheduleProblem } from "./noise-schedule.ts"
import { isNameList, readOrderedWeights } from "./ordered-weights.ts"

const descriptionName = "model.json"
const weightsName = "weights.safetensors"
const labelsName = "labels.json"
const checkpointName = (index: number) => `${index}.safetensors`

export const modelCodec: CodecOf<Model> = {
  typeOf: (model) => typeOfNetwork("Model", [], model),
  encode: (model) => ({
    meta: {},
    files: {
      [descriptionName]: jsonFile(describe(model)),
      [weightsName]: encodeWeights(model.weights)
    }
  }),
  decode: (stored) => {
    const { order, ...rest } = readDescription(stored)
    const weights = readOrderedWeights(stored.read(weightsName), order, weightsName)
    return { type: "Model", ...rest, weights }
  }
}

export const modelsCodec: CodecOf<Models> = {
  typeOf: ({ models }) => {
    const [first] = models
    if (first === undefined) throw new TypeError("models without a single one have no architecture")
    return typeOfNetwork("Models", [models.length], first.model)
  },
  encode: ({ models }) => {
    const [description, ...others] = models.map(({ model }) => JSON.stringify(describe(model)))
    if (others.some((other) => other !== description)) {
      throw new TypeError(
        "models kept together are of one architecture, range, prediction and schedule, with weights of the same names in the same order"
      )
    }
    return {
      meta: {},
      files: {
        [descriptionName]: jsonFile(describe(models[0]!.model)),
        [labelsName]: jsonFile(models.map(({ label }) => label)),
        ...Object.fromEntries(
          models.map(({ model }, index) => [checkpointName(index), encodeWeights(model.weights)])
        )
      }
    }
  },
  decode: (stored) => {
    const { order, ...rest } = readDescription(stored)
    const labels = readJson(stored.read(labelsName), labelsName)
    if (
      !Array.isArray(labels) ||
      labels.length === 0 ||
      labels.some((label) => typeof label !== "string")
    ) {
      return malformed(`${labelsName} is not a list of labels`)
    }
    return {
      type: "Models",
      models: (labels as ReadonlyArray<string>).map((label, index) => {
        const name = checkpointName(index)
        const weights = readOrderedWeights(stored.read(name), order, name)
        return { label, model: { type: "Model", ...rest, weights } }
      })
    }
  }
}

const typeOfNetwork = (
  name: "Model" | "Models",
  leading: ReadonlyArray<number>,
  { architecture, prediction, range }: Model
): TypeExpression => {
  const { classes, imageChannels, imageSize } = architecture
  return {
    name,
    shape: [...leading, imageSize, imageSize, imageChannels, classes],
    range,
    given: givenTo(architecture),
    ...(prediction === undefined ? {} : { of: prediction })
  }
}

const givenTo = (architecture: Architecture): string => {
  if (architecture.kind !== "unet" || architecture.time === "none") return "nothing"
  return architecture.enlarges === undefined ? "time" : "images"
}

/** All but the weights themselves. Keys in one order, so that equal models have equal bytes. */
const describe = ({ architecture, prediction, range, schedule, weights }: Model) => {
  const problem =
    architectureProblem(architecture) ??
    rangeProblem(range) ??
    predictionProblem(prediction) ??
    (schedule === undefined ? undefined : noiseScheduleProblem(schedule))
  if (problem !== undefined) throw new TypeError(problem)
  return {
    architecture: inOrder(architecture),
    range,
    ...(prediction === undefined ? {} : { prediction }),
    ...(schedule === undefined
      ? {}
      : {
          schedule: {
            kind: schedule.kind,
            betas: schedule.betas,
            alphaBar: schedule.alphaBar
          }
        }),
    weights: Object.keys(weights)
  }
}

const inOrder = (architecture: Architecture): Architecture => {
  const { channels, classes, imageChannels, imageSize } = architecture
  const common = { channels, imageSize, imageChannels, classes }
  return architecture.kind === "unet"
    ? {
        kind: architecture.kind,
        ...common,
        time: architecture.time,
        ...(architecture.enlarges === undefined ? {} : { enlarges: architecture.enlarges })
      }
    : { kind: architecture.kind, ...common }
}

const readDescription = ({
  read
}: StoredParts): Omit<Model, "type" | "weights"> & { readonly order: ReadonlyArray<string> } => {
  const description = readJson(read(descriptionName), descriptionName)
  if (!isRecord(description)) return malformed(`${descriptionName} is not an object`)
  const { architecture, prediction, range, schedule, weights } = description
  const problem =
    architectureProblem(architecture) ?? rangeProblem(range) ?? predictionProblem(prediction)
  if (problem !== undefined) return malformed(`${descriptionName}: ${problem}`)
  if (!isNameList(weights)) {
    return malformed(`${descriptionName} does not list the names of the weights`)
  }
  return {
    architecture: inOrder(architecture as Architecture),
    range: range as PixelRange,
    ...(prediction === undefined
      ? {}
      : { prediction: prediction as NonNullable<Model["prediction"]> }),
    ...(schedule === undefined ? {} : { schedule: readSchedule(schedule) }),
    order: weights
  }
}

const readSchedule = (value: unknown): Omit<NoiseSchedule, "type"> =>
  noiseScheduleFrom(value, descriptionName)

const times = ["none", "multiply", "add"]
const predictions = ["epsilon", "sample", "velocity", "logits"]

const architectureProblem = (value: unknown): string | undefined => {
  if (!isRecord(value)) return "a model has no architecture"
  const { channels, classes, enlarges, imageChannels, imageSize, kind, time } = value
  if (kind !== "unet" && kind !== "classifier") {
    return `a model's architecture is unet or classifier, not ${JSON.stringify(kind)}`
  }
  for (const [name, number, least] of [
    ["channels", channels, 1],
    ["imageSize", imageSize, 1],
    ["imageChannels", imageChannels, 1],
    ["classes", classes, 0],
    ...(enlarges === undefined ? [] : [["enlarges", enlarges, 2] as const])
  ] as const) {
    if (!Number.isSafeInteger(number) || Number(number) < least) {
      return `a model's ${name} is a whole number from ${least}, not ${JSON.stringify(number)}`
    }
  }
  if (kind === "unet" && !times.includes(time as string)) {
    return `a model's time is ${times.join(", ")}, not ${JSON.stringify(time)}`
  }
  return undefined
}

const rangeProblem = (range: unknown): string | undefined =>
  range === "[-1,1]" || range === "[0,1]"
    ? undefined
    : `the pixel range ${JSON.stringify(range)} is neither [-1,1] nor [0,1]`

const predictionProblem = (prediction: unknown): string | undefined =>
  prediction === undefined || predictions.includes(prediction as string)
    ? undefined
    : `a model predicts ${predictions.join(", ")}, not ${JSON.stringify(prediction)}`
