/** Sample grids of each run for a page: PNGs in data URIs, a column a class, with pixels that stay squares. */
import type { Comparison } from "../comparison/comparison.ts"
import { encodePng } from "../../values/picture-file.ts"
import { arrangeSheet, imageAt } from "../../values/sheet.ts"
import type { Image, Images } from "../../values/values.ts"

export interface SampleSheet {
  /** Such as `epoch 5`; empty when the samples are of one moment. */
  readonly moment: string
  readonly source: string
  readonly width: number
  readonly height: number
  readonly count: number
}

export interface SampleRun {
  readonly variant: number
  /** The value on the axis that is averaged over. */
  readonly run: string
  readonly sheets: ReadonlyArray<SampleSheet>
}

export interface Samples {
  readonly runs: ReadonlyArray<SampleRun>
  /** Whether runs or images were left out to keep the page small. */
  readonly shortened: boolean
}

/** Pixels of all samples on a page, before they are enlarged: about 2 MB of PNG. */
const mostPixels = 3_000_000
/** Images of one sheet, where there are too many. */
const fewImages = 64

export const samplesOf = async ({ variants }: Comparison): Promise<Samples | undefined> => {
  const all = variants.flatMap(({ runs }, variant) =>
    runs.flatMap(({ label, value: { images } }) =>
      images === undefined ? [] : [{ variant, run: label, images }]
    )
  )
  if (all.length === 0) return undefined
  const pixels = (some: typeof all) =>
    some.reduce((sum, { images: { shape } }) => sum + shape[0] * shape[1] * shape[2], 0)
  const firsts = all.filter(
    ({ variant }, index) => all.findIndex((run) => run.variant === variant) === index
  )
  const kept = pixels(all) <= mostPixels ? all : firsts
  const cut = pixels(kept) > mostPixels
  const runs: Array<SampleRun> = []
  for (const { images, run, variant } of kept) {
    runs.push({ variant, run, sheets: await sheetsOf(images, cut ? fewImages : undefined) })
  }
  return { runs, shortened: cut || kept.length < all.length }
}

interface Sample {
  readonly index: number
  readonly label: string
}

/** Labels such as `epoch 5 · 3` name a moment and a class. */
const sheetsOf = async (
  images: Images,
  most: number | undefined
): Promise<ReadonlyArray<SampleSheet>> => {
  const samples = Array.from({ length: images.shape[0] }, (_, index) => {
    const text = images.labels?.[index] ?? ""
    const at = text.lastIndexOf(" · ")
    return {
      index,
      moment: at < 0 ? "" : text.slice(0, at),
      label: at < 0 ? text : text.slice(at + " · ".length)
    }
  })
  const sheets: Array<SampleSheet> = []
  for (const [moment, members] of Map.groupBy(samples, (sample) => sample.moment)) {
    const rows = arranged(most === undefined ? members : members.slice(0, most))
    const sheet = arrangeSheet(
      rows.map((row) => ({ cells: row.map(({ index }) => imageAt(images, index)) })),
      { range: images.range, scale: 1, gap: 1, background: [0.35, 0.35, 0.35] }
    )
    const [height, width] = sheet.shape
    const png = await encodePng(images.shape[3] === 1 ? greyOf(sheet) : sheet, { scale: 2 })
    sheets.push({
      moment,
      source: `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
      width,
      height,
      count: rows.reduce((sum, row) => sum + row.length, 0)
    })
  }
  return sheets
}

const mostColumns = 12

/** A column a class where each has as many samples; else rows a little wider than high. */
const arranged = (samples: ReadonlyArray<Sample>): ReadonlyArray<ReadonlyArray<Sample>> => {
  const classes = [...Map.groupBy(samples, ({ label }) => label).values()]
  const depth = classes[0]?.length ?? 0
  const regular =
    classes.length > 1 &&
    classes.length <= mostColumns &&
    classes.every((members) => members.length === depth)
  if (regular) {
    return Array.from({ length: depth }, (_, row) => classes.map((members) => members[row]!))
  }
  const columns = columnsFor(samples.length)
  return Array.from({ length: Math.ceil(samples.length / columns) }, (_, row) =>
    samples.slice(row * columns, (row + 1) * columns)
  )
}

/** As many as fill every row, where some number between a square and a wide rectangle does. */
const columnsFor = (count: number): number => {
  const square = Math.ceil(Math.sqrt(count))
  for (let columns = square; columns <= Math.min(mostColumns, 2 * square); columns += 1) {
    if (count % columns === 0) return columns
  }
  return Math.min(mostColumns, Math.ceil(Math.sqrt(count * 1.5)))
}

/** A sheet is in RGB: of grey images one channel says it all. */
const greyOf = ({ data, range, shape: [height, width] }: Image): Image => ({
  type: "Image",
  shape: [height, width, 1],
  range,
  data: Float32Array.from({ length: height * width }, (_, index) => data[index * 3]!)
})
