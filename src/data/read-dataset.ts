/** Data sets out of pairs of IDX files. */
import { UserError } from "../base/user-error.ts"
import type { Dataset, PixelRange } from "../values/values.ts"
import {
  checkPaired,
  classIndices,
  type NamedBytes,
  readIdxImages,
  readIdxLabels,
  withoutGzip
} from "./idx.ts"
import type { KnownDataset } from "./known-files.ts"
import { obtainFiles, type ObtainRequest } from "./obtain.ts"
import { dataFolders } from "./search-path.ts"

/**
 * A data set that everybody has the same copy of.
 *
 * @throws UserError when a file of it is missing
 */
export const readKnownDataset = async (
  known: KnownDataset,
  { range, split }: { readonly range: PixelRange; readonly split: "train" | "test" },
  context: Pick<ObtainRequest, "log" | "progress" | "signal">
): Promise<Dataset> => {
  const { images, labels } = known.splits[split]
  const [first, second] = await obtainFiles({
    ...context,
    name: `${known.name} ${split}`,
    files: [images, labels],
    places: dataFolders(known.folder),
    mirrors: known.mirrors
  })
  return readIdxDataset({
    name: `${known.name} ${split}`,
    range,
    images: first!,
    labels: { ...second!, classes: known.classes, first: 0 }
  })
}

export interface IdxDataset {
  readonly name: string
  readonly range: PixelRange
  readonly images: NamedBytes
  readonly labels?: NamedBytes & {
    /** Their names; as many as the labels need, named by their numbers, when absent. */
    readonly classes?: ReadonlyArray<string>
    /** The label of the first class. */
    readonly first: number
  }
  /** Whether rows and columns of the images are exchanged, as in EMNIST. */
  readonly transpose?: boolean
}

/** @throws UserError when the files are not what they should be, or do not belong together */
export const readIdxDataset = ({ images, labels, name, range, transpose }: IdxDataset): Dataset => {
  const pixels = readIdxImages({ ...images, bytes: withoutGzip(images) })
  const { data, shape } = transpose === true ? transposed(pixels) : pixels
  const unlabelled = { type: "Dataset", name, shape, range, data, classes: [] } as const
  if (labels === undefined) return unlabelled
  const numbers = readIdxLabels({ ...labels, bytes: withoutGzip(labels) })
  checkPaired(
    { shown: images.shown, count: shape[0] },
    { shown: labels.shown, count: numbers.length }
  )
  const { first, shown } = labels
  const last = numbers.reduce((most, label) => Math.max(most, label), 0)
  if (labels.classes === undefined && last < first) {
    throw new UserError(`${shown}: all labels are below ${first}, the label of the first class`, {
      exitCode: 1
    })
  }
  const classes =
    labels.classes ?? Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`)
  return {
    ...unlabelled,
    classes,
    labels: classIndices(numbers, { classes: classes.length, first, shown })
  }
}

const transposed = ({ data, shape }: Pick<Dataset, "data" | "shape">) => {
  const [count, height, width, channels] = shape
  const turned = new Uint8Array(data.length)
  let to = 0
  for (let image = 0; image < count; image++) {
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) {
        const from = ((image * height + y) * width + x) * channels
        for (let c = 0; c < channels; c++) turned[to++] = data[from + c]!
      }
    }
  }
  return { data: turned, shape: [count, width, height, channels] as const }
}
