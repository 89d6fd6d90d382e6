/** A pretrained network as `pretrained.json`: what it is, and which files hold its weights; the weights stay where they are. */
import type { JsonObject } from "../../base/json.ts"
import type { PixelRange, Pretrained } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"
import { noiseScheduleFrom, noiseScheduleProblem } from "./noise-schedule.ts"

const fileName = "pretrained.json"

export const pretrainedCodec: CodecOf<Pretrained> = {
  typeOf: ({ enlarges, imageChannels, imageSize, prediction, range, width }) => ({
    name: "Pretrained",
    shape: [imageSize, imageSize, imageChannels, width],
    range,
    given: enlarges ? "images" : "time",
    of: prediction
  }),
  encode: (pretrained) => {
    const problem = problemOf(pretrained) ?? noiseScheduleProblem(pretrained.schedule)
    if (problem !== undefined) throw new TypeError(problem)
    return { meta: { kind: pretrained.kind }, files: { [fileName]: jsonFile(inOrder(pretrained)) } }
  },
  decode: ({ read }) => {
    const value = readJson(read(fileName), fileName)
    const problem = problemOf(value)
    if (problem !== undefined) return malformed(`${fileName}: ${problem}`)
    const described = value as Omit<Pretrained, "type">
    const schedule = noiseScheduleFrom(described.schedule, fileName)
    return { type: "Pretrained", ...inOrder({ ...described, schedule }) }
  }
}

/** Keys in one order, so that equal values have equal bytes. */
const inOrder = (pretrained: Omit<Pretrained, "type">): Omit<Pretrained, "type"> => {
  const { config, content, enlarges, files, folder, imageChannels, imageSize } = pretrained
  const { kind, prediction, range, schedule, variant, width } = pretrained
  const { alphaBar, betas } = schedule
  return {
    kind,
    folder,
    ...(variant === undefined ? {} : { variant }),
    files: files.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    content,
    config,
    imageSize,
    imageChannels,
    width,
    enlarges,
    range,
    prediction,
    schedule: { kind: schedule.kind, betas, alphaBar }
  }
}

const ranges: ReadonlySet<unknown> = new Set<PixelRange>(["[-1,1]", "[0,1]"])

const problemOf = (value: unknown): string | undefined => {
  if (!isRecord(value)) return "it is not an object"
  const { config, content, enlarges, files, folder, kind, prediction, range, variant } = value
  if (kind !== "deepfloyd-unet") return `there is no kind ${JSON.stringify(kind)} of network`
  for (const [name, text] of Object.entries({ folder, content, variant: variant ?? "" })) {
    if (typeof text !== "string") return `${name} is not a text`
  }
  for (const name of ["imageSize", "imageChannels", "width"] as const) {
    const number = value[name]
    if (!Number.isSafeInteger(number) || Number(number) < 1) {
      return `${name} is a whole number from 1, not ${JSON.stringify(number)}`
    }
  }
  if (typeof enlarges !== "boolean") return "it does not say whether it enlarges"
  if (!ranges.has(range)) return "its pixel range is neither [-1,1] nor [0,1]"
  if (prediction !== "epsilon") return "it predicts something else than epsilon"
  if (!isJsonObject(config)) return "its config is not an object"
  return Array.isArray(files) && files.length > 0 && files.every(isFile)
    ? undefined
    : "it does not list the files of its weights"
}

const isJsonObject = (value: unknown): value is JsonObject => isRecord(value)

const isFile = (file: unknown): boolean =>
  isRecord(file) &&
  typeof file["name"] === "string" &&
  Number.isSafeInteger(file["sizeBytes"]) &&
  Number(file["sizeBytes"]) >= 0
