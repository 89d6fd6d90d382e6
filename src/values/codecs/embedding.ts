/** Conditions as `embedding.json`, which names the prompts, and `embedding.safetensors`. */
import { decodeSafetensors } from "../../safetensors/decode.ts"
import { encodeSafetensors } from "../../safetensors/encode.ts"
import { rawTensor, typedArray } from "../../safetensors/typed-array.ts"
import type { Embedding } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"
import { isNameList } from "./ordered-weights.ts"

const descriptionName = "embedding.json"
const tensorsName = "embedding.safetensors"

export const embeddingCodec: CodecOf<Embedding> = {
  typeOf: ({ shape: [prompts, , width] }) => ({ name: "Embedding", shape: [prompts, width] }),
  encode: (embedding) => {
    const problem = problemOf(embedding)
    if (problem !== undefined) throw new TypeError(problem)
    const { data, kind, mask, prompts, shape } = embedding
    return {
      meta: { kind, prompts },
      files: {
        [descriptionName]: jsonFile({ kind, prompts }),
        [tensorsName]: encodeSafetensors({
          embeddings: rawTensor(data, shape),
          ...(mask === undefined ? {} : { mask: rawTensor(mask, [shape[0], shape[1]]) })
        })
      }
    }
  },
  decode: ({ read }) => {
    const description = readJson(read(descriptionName), descriptionName)
    if (!isRecord(description)) return malformed(`${descriptionName} is not an object`)
    const { kind, prompts } = description
    if ((kind !== "text" && kind !== "classes") || !isNameList(prompts)) {
      return malformed(`${descriptionName} needs a kind and different prompts`)
    }
    const { tensors } = decodeSafetensors(read(tensorsName), tensorsName)
    const [embeddings, masks] = [tensors.get("embeddings"), tensors.get("mask")]
    const data = embeddings === undefined ? undefined : typedArray(embeddings, ["F32"])
    const mask = masks === undefined ? undefined : typedArray(masks, ["I32"])
    const [count, tokens, width, ...more] = embeddings?.shape ?? []
    if (data === undefined || width === undefined || more.length > 0) {
      return malformed(`${tensorsName} has no float32 embeddings of rank 3`)
    }
    const embedding: Embedding = {
      type: "Embedding",
      kind,
      prompts,
      shape: [count!, tokens!, width],
      data,
      ...(mask === undefined ? {} : { mask })
    }
    const problem = problemOf(embedding)
    return problem === undefined ? embedding : malformed(problem)
  }
}

const problemOf = ({ data, mask, prompts, shape }: Embedding): string | undefined => {
  const [count, tokens, width] = shape
  if (!isNameList(prompts)) return "an embedding's prompts are texts, each once"
  if (prompts.length !== count) return `there are ${prompts.length} prompts for ${count} embeddings`
  if (data.length !== count * tokens * width) {
    return `embeddings of [${shape.join(",")}] are not ${data.length} numbers`
  }
  return mask === undefined || mask.length === count * tokens
    ? undefined
    : `a mask of ${count} × ${tokens} tokens is not ${mask.length} numbers`
}
