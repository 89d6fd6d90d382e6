/** Small networks for the tests of sampling and evaluation. */
import { freshModel } from "../../../src/models/model-value.ts"
import type { Model, Models } from "../../../src/values/values.ts"

export const imageSize = 8

/** A network that nobody has trained, but which says it was. */
export const unetModel = (
  settings: {
    readonly time?: "none" | "multiply" | "add"
    readonly classes?: number
    readonly channels?: number
    readonly seed?: number
    readonly imageSize?: number
    readonly enlarges?: number
  },
  facts: Pick<Model, "prediction" | "schedule"> = {}
): Model => ({
  ...freshModel(
    {
      kind: "unet",
      channels: settings.channels ?? 4,
      imageSize: settings.imageSize ?? imageSize,
      imageChannels: 1,
      time: settings.time ?? "multiply",
      classes: settings.classes ?? 0,
      ...(settings.enlarges === undefined ? {} : { enlarges: settings.enlarges })
    },
    "[0,1]",
    settings.seed ?? 1
  ),
  ...facts
})

export const modelsOf = (...models: ReadonlyArray<Model>): Models => ({
  type: "Models",
  models: models.map((model, index) => ({
    label: models.length === 1 ? "" : `epoch ${index + 1}`,
    model
  }))
})
