/**
 * Estimators as `estimator.json`, the tree, with the networks, embeddings and images that it names in files of their own. Those
 * have the bytes that each would have alone, so the content-addressed store keeps them once.
 */
import type { JsonObject } from "../../base/json.ts"
import { predictionOf, treeProblem } from "../estimator-tree.ts"
import type {
  Embedding,
  Estimator,
  EstimatorTree,
  Images,
  Model,
  Pretrained,
  Value
} from "../values.ts"
import {
  type CodecOf,
  isRecord,
  jsonFile,
  malformed,
  readJson,
  type StoredParts
} from "./codec-of.ts"
import { embeddingCodec } from "./embedding.ts"
import { modelCodec } from "./model.ts"
import { imagesCodec } from "./pixels.ts"
import { pretrainedCodec } from "./pretrained.ts"

const treeName = "estimator.json"

const codecs = {
  Model: modelCodec,
  Pretrained: pretrainedCodec,
  Embedding: embeddingCodec,
  Images: imagesCodec
}
type Part = Model | Pretrained | Embedding | Images
const codecFor = (type: Part["type"]) => codecs[type] as unknown as CodecOf<Value>

/** A part as the tree's file describes it. */
interface PartRecord {
  readonly type: Part["type"]
  readonly meta: JsonObject
}

export const estimatorCodec: CodecOf<Estimator> = {
  typeOf: (estimator) => {
    const [network] = estimator.networks
    if (network === undefined) throw new TypeError("an estimator has at least one network")
    const prediction = predictionOf(estimator)
    const [height, width, channels] = frameOf(network)
    return {
      name: "Estimator",
      shape: [height, width, channels],
      range: network.range,
      ...(prediction === undefined ? {} : { of: prediction })
    }
  },
  encode: (estimator) => {
    const problem = treeProblem(estimator)
    if (problem !== undefined) throw new TypeError(problem)
    const { embeddings, images, networks, tree } = estimator
    const parts = { networks, embeddings, images }
    const records: Record<string, ReadonlyArray<PartRecord>> = {}
    const files: Record<string, Uint8Array> = {}
    for (const [kind, members] of Object.entries(parts)) {
      records[kind] = members.map((part: Part, index) => {
        const encoded = codecFor(part.type).encode(part)
        for (const [name, bytes] of Object.entries(encoded.files)) {
          files[`${kind}-${index}/${name}`] = bytes
        }
        return { type: part.type, meta: encoded.meta }
      })
    }
    return { meta: {}, files: { [treeName]: jsonFile({ tree, ...records }), ...files } }
  },
  decode: (stored) => {
    const described = readJson(stored.read(treeName), treeName)
    if (!isRecord(described)) return malformed(`${treeName} is not an object`)
    const estimator: Estimator = {
      type: "Estimator",
      tree: described["tree"] as EstimatorTree,
      networks: readParts(stored, described, "networks", ["Model", "Pretrained"]),
      embeddings: readParts(stored, described, "embeddings", ["Embedding"]),
      images: readParts(stored, described, "images", ["Images"])
    }
    const problem = treeProblem(estimator)
    return problem === undefined ? estimator : malformed(`${treeName}: ${problem}`)
  }
}

const readParts = <P extends Part>(
  { read, type }: StoredParts,
  described: Record<string, unknown>,
  kind: string,
  allowed: ReadonlyArray<P["type"]>
): ReadonlyArray<P> => {
  const records = described[kind]
  if (!Array.isArray(records)) return malformed(`${treeName} does not list its ${kind}`)
  return records.map((record: unknown, index) => {
    if (!isRecord(record) || !allowed.includes(record["type"] as P["type"])) {
      return malformed(`${treeName}: ${kind} ${index} is not one of ${allowed.join(", ")}`)
    }
    return codecFor(record["type"] as P["type"]).decode({
      // What a part's type is follows from its files.
      type: { name: record["type"] as P["type"], ...partRange(type.range) },
      meta: isRecord(record["meta"]) ? (record["meta"] as JsonObject) : {},
      read: (name) => read(`${kind}-${index}/${name}`)
    }) as unknown as P
  })
}

const partRange = (range: string | undefined) => (range === undefined ? {} : { range })

const frameOf = (network: Model | Pretrained): readonly [number, number, number] => {
  const { imageChannels, imageSize } = network.type === "Model" ? network.architecture : network
  return [imageSize, imageSize, imageChannels]
}
