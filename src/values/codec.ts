/**
 * Values to bytes and back. One codec a type, in `codecs/`; this file picks it and checks what all types share.
 *
 * Encoding is deterministic: equal values have equal bytes, hence one digest. Nothing here touches a disk.
 */
import { type CodecOf, malformed } from "./codecs/codec-of.ts"
import { datasetCodec } from "./codecs/dataset.ts"
import { fileCodec } from "./codecs/file.ts"
import { metricsCodec } from "./codecs/metrics.ts"
import { embeddingCodec } from "./codecs/embedding.ts"
import { estimatorCodec } from "./codecs/estimator.ts"
import { modelCodec, modelsCodec } from "./codecs/model.ts"
import { noiseScheduleCodec } from "./codecs/noise-schedule.ts"
import { imageCodec, imagesCodec, maskCodec } from "./codecs/pixels.ts"
import { pretrainedCodec } from "./codecs/pretrained.ts"
import { tableCodec } from "./codecs/table.ts"
import { tensorCodec } from "./codecs/tensor.ts"
import { trainingStateCodec } from "./codecs/training-state.ts"
import {
  parseType,
  printType,
  type TypeExpression,
  type TypeName,
  type ValueTypeName
} from "./type-expression.ts"
import type { EncodedValue, StoredValue } from "./value.ts"
import type { Value, ValueOf } from "./values.ts"

const codecs: { readonly [N in ValueTypeName]: CodecOf<ValueOf[N]> } = {
  Image: imageCodec,
  Images: imagesCodec,
  Mask: maskCodec,
  Tensor: tensorCodec,
  NoiseSchedule: noiseScheduleCodec,
  Dataset: datasetCodec,
  Model: modelCodec,
  Models: modelsCodec,
  Pretrained: pretrainedCodec,
  Embedding: embeddingCodec,
  Estimator: estimatorCodec,
  TrainingState: trainingStateCodec,
  Metrics: metricsCodec,
  Table: tableCodec,
  File: fileCodec
}

const codecFor = (name: ValueTypeName) => codecs[name] as CodecOf<Value>

/**
 * The concrete type of a value: no symbols, no unknown dimensions.
 *
 * @throws TypeError for what is not a value; stages in a user's project are not always type-checked
 */
export const typeOf = (value: Value): TypeExpression => {
  if (!isValue(value)) throw new TypeError("a stage returned something that is not a value")
  return codecFor(value.type).typeOf(value)
}

const isValue = (value: unknown): value is Value =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  typeof value.type === "string" &&
  Object.hasOwn(codecs, value.type)

/**
 * @throws TypeError when the value breaks its own type's rules (a shape that its data do not fill)
 */
export const encodeValue = (value: Value): EncodedValue => ({
  type: printType(typeOf(value)),
  ...codecFor(value.type).encode(value)
})

/**
 * @param read the bytes of one of the value's files; large data may share memory with them
 * @throws UserError when the files do not make a value of the type that is stored with them
 */
export const decodeValue = (stored: StoredValue, read: (name: string) => Uint8Array): Value => {
  const type = readType(stored.type)
  const { name } = type
  if (name === "Network") return malformed("a network is a model or a pretrained one")
  const value = codecFor(name).decode({
    type,
    meta: stored.meta,
    read: (name) =>
      Object.hasOwn(stored.files, name)
        ? read(name)
        : malformed(`${stored.type} has no file ${name}`)
  })
  const found = printType(typeOf(value))
  return found === stored.type
    ? value
    : malformed(`it is stored as ${stored.type}, but is ${found}`)
}

const readType = (text: string): TypeExpression => {
  try {
    return parseType(text)
  } catch (error) {
    return malformed(error instanceof Error ? error.message : String(error))
  }
}

/**
 * The value as one of type `name`: an image is a batch of one, a model the only checkpoint.
 *
 * @throws TypeError when it is no such value; types are checked before a pipeline runs
 */
export const widenTo = (value: Value, name: TypeName): Value => {
  if (value.type === name) return value
  if (name === "Network" && (value.type === "Model" || value.type === "Pretrained")) return value
  if (value.type === "Image" && name === "Images") {
    return { ...value, type: "Images", shape: [1, ...value.shape] }
  }
  if (value.type === "Model" && name === "Models") {
    return { type: "Models", models: [{ label: "", model: value }] }
  }
  throw new TypeError(`a value of type ${value.type} cannot stand for ${name}`)
}
