/** The tensors of values that have several, by name, apart from all else that is in them: what comparisons go through. */
import type { Json } from "../base/json.ts"
import type {
  Dataset,
  Embedding,
  Estimator,
  Model,
  Models,
  Pretrained,
  TrainingState,
  Weight
} from "./values.ts"

/** Values that have several tensors, or hold values that have. */
export type Several = Dataset | Embedding | Estimator | Model | Models | Pretrained | TrainingState

export interface NamedTensors {
  readonly tensors: {
    readonly [name: string]: {
      readonly shape: ReadonlyArray<number>
      /** Integers of 64 bits as the nearest float64. */
      readonly data: Float32Array | Float64Array | Int32Array | Uint8Array
    }
  }
  readonly description: { readonly [name: string]: Json }
}

/** Checkpoints' weights are called `epoch 5: inc.conv1.weight`. */
export const namedTensors = (value: Several): NamedTensors => {
  switch (value.type) {
    case "Dataset": {
      const { classes, data, labels, name, range, shape } = value
      return {
        tensors: {
          images: { shape, data },
          ...(labels === undefined ? {} : { labels: { shape: [labels.length], data: labels } })
        },
        description: { name, range, classes }
      }
    }
    case "Model":
      return { tensors: mapWeights(value.weights), description: describe(value) }
    case "Models":
      return {
        tensors: Object.fromEntries(
          value.models.flatMap(({ label, model }, index) =>
            Object.entries(mapWeights(model.weights, `${label === "" ? index : label}: `))
          )
        ),
        description: {
          labels: value.models.map(({ label }) => label),
          ...(value.models[0] === undefined ? {} : describe(value.models[0].model))
        }
      }
    case "Pretrained": {
      // The weights stay in their files; `content` stands for them.
      const { type: _, ...description } = value
      return { tensors: {}, description }
    }
    case "Embedding": {
      const { data, kind, mask, prompts, shape } = value
      return {
        tensors: {
          embeddings: { shape, data },
          ...(mask === undefined ? {} : { mask: { shape: [shape[0], shape[1]], data: mask } })
        },
        description: { kind, prompts }
      }
    }
    case "Estimator":
      return ofParts(value)
    default:
      return {
        tensors: mapWeights(value.tensors),
        description: { epoch: value.epoch, step: value.step }
      }
  }
}

const ofParts = ({ embeddings, images, networks, tree }: Estimator): NamedTensors => {
  const parts = [
    ...networks.map((value, index) => [`network ${index}`, namedTensors(value)] as const),
    ...embeddings.map((value, index) => [`embedding ${index}`, namedTensors(value)] as const)
  ]
  return {
    tensors: Object.fromEntries([
      ...parts.flatMap(([part, { tensors }]) =>
        Object.entries(tensors).map(([name, tensor]) => [`${part}: ${name}`, tensor])
      ),
      ...images.map(({ data, shape }, index) => [`images ${index}`, { shape, data }])
    ]),
    description: {
      tree,
      ...Object.fromEntries(parts.map(([part, { description }]) => [part, description]))
    }
  }
}

const describe = ({ architecture, prediction, range, schedule }: Model) => ({
  architecture,
  range,
  ...(prediction === undefined ? {} : { prediction }),
  ...(schedule === undefined ? {} : { schedule })
})

const mapWeights = (
  weights: { readonly [name: string]: Weight },
  prefix = ""
): NamedTensors["tensors"] =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => [
      prefix + name,
      { shape, data: data instanceof BigInt64Array ? Float64Array.from(data, Number) : data }
    ])
  )
