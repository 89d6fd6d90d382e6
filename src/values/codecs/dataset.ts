/** Datasets: bytes as their files have them, the labels beside them, and what is in the description. */
import { decodeTensorFile, encodeOneTensor } from "../tensor-file.ts"
import type { Dataset } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"

const descriptionName = "dataset.json"
const imagesName = "images.safetensors"
const labelsName = "labels.safetensors"

export const datasetCodec: CodecOf<Dataset> = {
  typeOf: ({ classes, range, shape }) => ({
    name: "Dataset",
    shape: [...shape, classes.length],
    range
  }),
  encode: (dataset) => {
    const problem = problemOf(dataset)
    if (problem !== undefined) throw new TypeError(problem)
    const { classes, data, labels, name, range, shape } = dataset
    return {
      meta: {},
      files: {
        [descriptionName]: jsonFile({ name, range, classes }),
        [imagesName]: encodeOneTensor(data, shape),
        ...(labels === undefined ? {} : { [labelsName]: encodeOneTensor(labels, [labels.length]) })
      }
    }
  },
  decode: ({ read }) => {
    const description = readJson(read(descriptionName), descriptionName)
    if (!isRecord(description)) return malformed(`${descriptionName} is not an object`)
    const { classes, name, range } = description
    if (
      typeof name !== "string" ||
      !Array.isArray(classes) ||
      classes.some((text) => typeof text !== "string")
    ) {
      return malformed(`${descriptionName} needs a name and the names of the classes`)
    }
    const images = decodeTensorFile(read(imagesName), imagesName)
    if (!(images.data instanceof Uint8Array)) return malformed(`${imagesName} is not uint8`)
    const dataset = {
      type: "Dataset",
      name,
      shape: images.shape as Dataset["shape"],
      range: range as Dataset["range"],
      data: images.data,
      classes: classes as ReadonlyArray<string>,
      ...(classes.length === 0 ? {} : { labels: readLabels(read(labelsName)) })
    } as const
    const problem = problemOf(dataset)
    return problem === undefined ? dataset : malformed(problem)
  }
}

const readLabels = (bytes: Uint8Array): Int32Array => {
  const { data, shape } = decodeTensorFile(bytes, labelsName)
  return data instanceof Int32Array && shape.length === 1
    ? data
    : malformed(`${labelsName} is not one row of int32`)
}

const problemOf = ({ classes, data, labels, range, shape }: Dataset): string | undefined => {
  if (range !== "[-1,1]" && range !== "[0,1]") {
    return `the pixel range ${JSON.stringify(range)} is neither [-1,1] nor [0,1]`
  }
  if (!(data instanceof Uint8Array)) return "the data of a Dataset must be a Uint8Array"
  const [count] = shape
  if (shape.length !== 4 || shape.reduce((product, dim) => product * dim, 1) !== data.length) {
    return `Dataset[${shape.join(",")}] cannot hold ${data.length} bytes`
  }
  if (new Set(classes).size !== classes.length) {
    return `a dataset has a class twice: ${classes.join(", ")}`
  }
  if (labels === undefined) {
    return classes.length === 0 ? undefined : "a dataset with classes needs a label an image"
  }
  if (!(labels instanceof Int32Array)) return "the labels of a Dataset must be an Int32Array"
  if (classes.length === 0) return "a dataset without classes cannot have labels"
  if (labels.length !== count) return `${count} images cannot have ${labels.length} labels`
  const stray = labels.find((label) => label < 0 || label >= classes.length)
  return stray === undefined
    ? undefined
    : `a dataset of ${classes.length} classes cannot have the label ${stray}`
}
