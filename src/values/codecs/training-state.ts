/** What a training goes on with: `state.json` counts and lists, `state.safetensors` holds the tensors. */
import type { TrainingState } from "../values.ts"
import { encodeWeights } from "../weights-file.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"
import { isNameList, readOrderedWeights } from "./ordered-weights.ts"

const countsName = "state.json"
const tensorsName = "state.safetensors"

export const trainingStateCodec: CodecOf<TrainingState> = {
  typeOf: () => ({ name: "TrainingState" }),
  encode: ({ epoch, step, tensors }) => {
    if (!isCount(epoch) || !isCount(step)) {
      throw new TypeError(`a training is at whole epochs and steps, not at ${epoch} and ${step}`)
    }
    return {
      meta: {},
      files: {
        [countsName]: jsonFile({ epoch, step, tensors: Object.keys(tensors) }),
        [tensorsName]: encodeWeights(tensors)
      }
    }
  },
  decode: ({ read }) => {
    const counts = readJson(read(countsName), countsName)
    if (!isRecord(counts)) return malformed(`${countsName} is not an object`)
    const { epoch, step, tensors } = counts
    if (!isCount(epoch) || !isCount(step)) {
      return malformed(`${countsName} needs whole numbers of epochs and steps`)
    }
    if (!isNameList(tensors)) {
      return malformed(`${countsName} does not list the names of the tensors`)
    }
    return {
      type: "TrainingState",
      epoch,
      step,
      tensors: readOrderedWeights(read(tensorsName), tensors, tensorsName)
    }
  }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0
