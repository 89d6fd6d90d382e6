/** The tensors of values that have several, by name, apart from all else that is in them: what comparisons go through. */
import type { Json } from "../base/json.ts"
import type { Dataset, Model, Models, TrainingState, Weight } from "./values.ts"

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
export const namedTensors = (value: Dataset | Model | Models | TrainingState): NamedTensors => {
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
    default:
      return {
        tensors: mapWeights(value.tensors),
        description: { epoch: value.epoch, step: value.step }
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
