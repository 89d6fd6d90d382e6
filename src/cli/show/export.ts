/** Values as files that other programs read, with the recipe inside. */
import { extname, join } from "node:path"
import type { JsonObject } from "../../base/json.ts"
import { UserError } from "../../base/user-error.ts"
import { encodeValue } from "../../values/codec.ts"
import { namedTensors } from "../../values/named-tensors.ts"
import type {
  Dataset,
  Estimator,
  Image,
  Model,
  Models,
  TrainingState,
  Value
} from "../../values/values.ts"
import { grouped } from "../format.ts"
import { ablateVersion } from "../../base/version.ts"
import type { LoadedValue, ValueReport } from "./value.ts"

const endings = [".png", ".safetensors", ".json"] as const
type Ending = (typeof endings)[number]

/** JSON of more numbers than this is of no use to anybody. */
const mostNumbers = 2_000_000

/** Which formats a type can be written in, the natural one first. */
const formats: { readonly [T in Exclude<Value["type"], "File">]: ReadonlyArray<Ending> } = {
  Image: [".png", ".safetensors", ".json"],
  Images: [".png", ".safetensors", ".json"],
  Mask: [".png", ".safetensors", ".json"],
  Tensor: [".safetensors", ".json"],
  NoiseSchedule: [".json"],
  Dataset: [".png", ".safetensors"],
  Model: [".safetensors"],
  Models: [".safetensors"],
  Pretrained: [".json"],
  Embedding: [".safetensors"],
  Estimator: [".json"],
  TrainingState: [".safetensors"],
  Metrics: [".json"],
  Table: [".json"]
}

/**
 * The bytes of a value in the format that the file's ending names.
 *
 * @throws UserError when the type has no such format, or the value is not in the store
 */
export const exportValue = async (loaded: LoadedValue, file: string): Promise<Uint8Array> => {
  const value = present(loaded)
  const recipe = recipeOf(loaded.report)
  const ending = extname(file).toLowerCase()
  if (value.type === "File") return exportFile(value, ending, file, recipe)
  const known = formats[value.type]
  const format = known.find((format) => format === ending)
  if (format === undefined) {
    const what =
      ending === "" ? `${file} has no ending` : `${value.type} cannot be written as ${ending}`
    throw new UserError(what, { hint: `use a name that ends in ${orList(known)}` })
  }
  switch (format) {
    case ".png":
      return exportPng(value, recipe)
    case ".safetensors":
      return exportTensors(value, recipe)
    default:
      return exportJson(value, recipe)
  }
}

const orList = (items: ReadonlyArray<string>): string =>
  items.length === 1 ? `${items[0]}` : `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`

const present = ({ report, value }: LoadedValue): Value => {
  if (value !== undefined) return value
  const made = report.made
  throw new UserError(`the value ${report.digest.slice(0, 12)} is no longer in the store`, {
    ...(made === undefined
      ? {}
      : { hint: `\`ablate run ${made.file} '${made.instance}'\` makes it again` }),
    exitCode: 1
  })
}

/** What is written into a file, so that `ablate show FILE` finds where it came from. */
const recipeOf = ({ digest, made }: ValueReport): JsonObject => ({
  ablate: ablateVersion(),
  value: digest,
  ...(made === undefined
    ? {}
    : {
        pipeline: made.pipeline,
        instance: made.instance,
        ...(made.port === undefined ? {} : { port: made.port }),
        uses: made.uses,
        ...(made.key === undefined ? {} : { key: made.key }),
        ...(made.run === undefined ? {} : { run: made.run }),
        ...(made.params === undefined ? {} : { params: made.params })
      })
})

const exportPng = async (value: Value, recipe: JsonObject): Promise<Uint8Array> => {
  const picture = value.type === "Dataset" ? await sheetOf(value) : value
  if (picture.type !== "Image" && picture.type !== "Images" && picture.type !== "Mask") {
    throw new TypeError(`a ${value.type} is no picture`)
  }
  const { encodePng } = await import("../../values/picture-file.ts")
  const { writePngRecipe } = await import("../../values/png-recipe.ts")
  return writePngRecipe(await encodePng(picture), recipe)
}

/** Of a dataset, a picture shows the first images. */
const sheetOf = async (dataset: Dataset): Promise<Image> => {
  const { datasetSheet } = await import("../../values/dataset/sheet.ts")
  return datasetSheet(dataset)
}

const exportTensors = async (value: Value, recipe: JsonObject): Promise<Uint8Array> => {
  const { writeSafetensorsRecipe } = await import("../../values/safetensors-recipe.ts")
  return writeSafetensorsRecipe(await tensorsFile(value), recipe)
}

const tensorsFile = async (value: Value): Promise<Uint8Array> => {
  switch (value.type) {
    case "Model":
    case "Models":
    case "TrainingState": {
      const { encodeWeights } = await import("../../values/weights-file.ts")
      return encodeWeights(weightsOf(value))
    }
    case "Dataset": {
      const { encodeSafetensors } = await import("../../safetensors/encode.ts")
      const { rawTensor } = await import("../../safetensors/typed-array.ts")
      const { data, labels, shape } = value
      return encodeSafetensors({
        images: rawTensor(data, shape),
        ...(labels === undefined ? {} : { labels: rawTensor(labels, [labels.length]) })
      })
    }
    case "Embedding":
      return encodeValue(value).files["embedding.safetensors"]!
    default: {
      const file = Object.values(encodeValue(value).files)[0]
      if (file === undefined) throw new TypeError(`a ${value.type} has no tensors`)
      return file
    }
  }
}

/** Of several checkpoints, each weight's name starts with its checkpoint's: `epoch 5/inc.conv1.weight`. */
const weightsOf = (value: Model | Models | TrainingState): Model["weights"] => {
  if (value.type === "Model") return value.weights
  if (value.type === "TrainingState") return value.tensors
  const { models } = value
  if (models.length === 1) return models[0]!.model.weights
  const unique = new Set(models.map(({ label }) => label)).size === models.length
  return Object.fromEntries(
    models.flatMap(({ label, model }, index) =>
      Object.entries(model.weights).map(([name, weight]) => [
        `${unique ? label : index}/${name}`,
        weight
      ])
    )
  )
}

/** The tree, and what its networks and embeddings are; their numbers are not for JSON. */
const describeEstimator = (value: Estimator): JsonObject => ({
  type: value.type,
  ...namedTensors(value).description
})

const exportJson = (value: Value, recipe: JsonObject): Uint8Array => {
  const size = "data" in value ? value.data.length : 0
  if (size > mostNumbers) {
    throw new UserError(`${grouped(size)} numbers are too many for JSON`, {
      hint: "use a name that ends in .safetensors"
    })
  }
  const content =
    value.type === "Estimator"
      ? describeEstimator(value)
      : "data" in value
        ? { ...value, data: [...value.data] }
        : value
  return Buffer.from(`${JSON.stringify({ version: 1, recipe, value: content }, numberOrText, 2)}\n`)
}

/** JSON has no NaN and no infinities: they become text, as Python's json and NumPy's repr name them. */
const numberOrText = (_: string, item: unknown): unknown =>
  typeof item === "number" && !Number.isFinite(item) ? String(item) : item

const exportFile = async (
  value: Extract<Value, { readonly type: "File" }>,
  ending: string,
  file: string,
  recipe: JsonObject
): Promise<Uint8Array> => {
  const own = extname(value.name).toLowerCase()
  if (own !== ending) {
    throw new UserError(`${value.name} cannot be written as ${file}`, {
      hint: `use a name that ends in ${own}`
    })
  }
  if (own === ".png") {
    const { writePngRecipe } = await import("../../values/png-recipe.ts")
    return writePngRecipe(value.bytes, recipe)
  }
  if (own === ".safetensors") {
    const { writeSafetensorsRecipe } = await import("../../values/safetensors-recipe.ts")
    return writeSafetensorsRecipe(value.bytes, recipe)
  }
  return value.bytes
}

/** Where a value goes in a folder: `[POINT/]STAGE.PORT.png`, a file under its own name. */
export const nameInFolder = ({ report, value }: LoadedValue): string => {
  const { made, digest } = report
  const [, stage = digest.slice(0, 16), point] =
    /^([^[]+)(?:\[(.*)\])?$/.exec(made?.instance ?? "") ?? []
  const port = made?.port === undefined ? "" : `.${made.port}`
  const name =
    value?.type === "File"
      ? `${stage}.${value.name.replaceAll("/", "-")}`
      : `${stage}${port}${value === undefined ? "" : formats[value.type][0]}`
  return point === undefined ? name : join(point.replaceAll(/[/\\:*?"<>|]/g, "_"), name)
}
