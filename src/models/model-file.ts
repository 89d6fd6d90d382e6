/**
 * A model as one safetensors file: its weights are a PyTorch state dict, and the file's metadata say the rest.
 *
 * The entry `model` of the metadata is JSON of `architecture`, `range`, `prediction` and `schedule`, the last two where there
 * are any. Files from elsewhere do not have it.
 */
import { UserError } from "../base/user-error.ts"
import { decodeSafetensors } from "../safetensors/decode.ts"
import { encodeSafetensors } from "../safetensors/encode.ts"
import { isRecord } from "../safetensors/json-object.ts"
import { rawTensor, typedArray } from "../safetensors/typed-array.ts"
import { decodeTensorDict } from "../tensor-files/pth.ts"
import { noiseScheduleFrom } from "../values/codecs/noise-schedule.ts"
import type { Model } from "../values/values.ts"
import type { StateDict } from "./state-dict.ts"

const key = "model"

const predictions = ["epsilon", "sample", "velocity", "logits"] as const

/** What a file says of its model beside the weights. */
export interface ModelNotes extends Pick<Model, "prediction" | "schedule"> {
  readonly architecture: { readonly [setting: string]: unknown }
  readonly range?: unknown
}

/** The file's bytes; equal models have equal ones. */
export const encodeModelFile = ({
  architecture,
  prediction,
  range,
  schedule,
  weights
}: Model): Uint8Array =>
  encodeSafetensors(
    Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, rawTensor(data, shape)])
    ),
    // Some readers refuse a file that does not say whose layouts these are.
    { format: "pt", [key]: JSON.stringify({ architecture, range, prediction, schedule }) }
  )

/** Whether a file is one of `torch.save`, by the ending of its name. */
const isTorchFile = (path: string): boolean => /\.pth?$/i.test(path)

/**
 * What is in a file of a state dict, ours or another's; of `torch.save` by a reader that executes nothing (`tensor-files/pth.ts`).
 *
 * @param shown how messages name the file
 * @throws UserError when the file is not sound, or has a tensor that is neither float32 nor int64
 */
export const decodeModelFile = (
  bytes: Uint8Array,
  shown: string
): { readonly weights: StateDict; readonly notes: ModelNotes | undefined } => {
  const { metadata, tensors }: ReturnType<typeof decodeSafetensors> = isTorchFile(shown)
    ? { metadata: {}, tensors: decodeTensorDict(bytes, shown) }
    : decodeSafetensors(bytes, shown)
  const weights = Object.fromEntries(
    [...tensors].map(([name, tensor]) => {
      const data = typedArray(tensor, ["F32", "I64"])
      if (data !== undefined) return [name, { shape: tensor.shape, data }]
      throw new UserError(`${shown}: ${name} is ${tensor.dtype} where weights are F32`, {
        hint: "save it again in PyTorch as `save_file(model.float().state_dict(), path)`"
      })
    })
  )
  return { weights, notes: readNotes(metadata[key], shown) }
}

/** Other tools may have an entry of that name too: what is not as we write it says nothing. */
const readNotes = (text: string | undefined, shown: string): ModelNotes | undefined => {
  const notes = text === undefined ? undefined : parsed(text)
  const architecture = notes?.["architecture"]
  if (notes === undefined || !isRecord(architecture)) return undefined
  const prediction = predictions.find((known) => known === notes["prediction"])
  const schedule = notes["schedule"]
  return {
    architecture,
    range: notes["range"],
    ...(prediction === undefined ? {} : { prediction }),
    ...(schedule === undefined
      ? {}
      : { schedule: noiseScheduleFrom(schedule, `the schedule in ${shown}`) })
  }
}

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
