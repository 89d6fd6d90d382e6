/** Where the pixels of a resized image come from, along one axis, as tfjs computes it. Pure numbers. */
import { type Attrs } from "../../graph/value.ts"

/** How pixels of the two images correspond. */
export interface Alignment {
  /** The centres of the corner pixels lie on each other. */
  readonly alignCorners: boolean
  /** Pixels are squares with their centres at halves. */
  readonly halfPixelCenters: boolean
}

export const alignmentOf = ({ alignCorners, halfPixelCenters }: Attrs): Alignment => ({
  alignCorners: alignCorners === true,
  halfPixelCenters: halfPixelCenters === true
})

/** One pixel of the source and how much of it. */
export interface Term {
  readonly source: number
  readonly weight: number
}

/** For each position of a result along an axis, the terms that are added up for it. */
export type AxisMap = ReadonlyArray<ReadonlyArray<Term>>

const ratioOf = (from: number, to: number, { alignCorners }: Alignment): number =>
  alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to

/** The nearest pixel of the source for each of `to` pixels. */
export const nearestSources = (
  from: number,
  to: number,
  alignment: Alignment
): ReadonlyArray<number> => {
  const ratio = ratioOf(from, to, alignment)
  return Array.from({ length: to }, (_, pixel) => {
    const place = ratio * (alignment.halfPixelCenters ? pixel + 0.5 : pixel)
    const nearest = alignment.alignCorners ? Math.round(place) : Math.floor(place)
    return Math.max(0, Math.min(from - 1, nearest))
  })
}

/** Linear interpolation between the two pixels of the source next to each of `to` pixels. */
export const linearSources = (from: number, to: number, alignment: Alignment): AxisMap => {
  const ratio = ratioOf(from, to, alignment)
  return Array.from({ length: to }, (_, pixel) => {
    const place = alignment.halfPixelCenters ? ratio * (pixel + 0.5) - 0.5 : ratio * pixel
    const low = Math.max(0, Math.floor(place))
    const high = Math.min(from - 1, Math.ceil(place))
    const fraction = place - low
    // At the edges both are the same pixel, whatever the fraction.
    if (low === high || fraction === 0) return [{ source: low, weight: 1 }]
    return [
      { source: low, weight: 1 - fraction },
      { source: high, weight: fraction }
    ]
  })
}

export const nearestMap = (sources: ReadonlyArray<number>): AxisMap =>
  sources.map((source) => [{ source, weight: 1 }])

/** The transposed map: what each of `from` pixels of the source gets from the gradients of the result. */
export const transposedMap = (map: AxisMap, from: number): AxisMap => {
  const back = Array.from({ length: from }, (): Array<Term> => [])
  for (const [pixel, terms] of map.entries()) {
    for (const { source, weight } of terms) back[source]!.push({ source: pixel, weight })
  }
  return back
}

/** How often each pixel is repeated when all are repeated equally often, in order; otherwise undefined. */
export const repeatsOf = (from: number, sources: ReadonlyArray<number>): number | undefined => {
  const repeats = sources.length / from
  const isRepeat =
    Number.isInteger(repeats) &&
    sources.every((source, pixel) => source === Math.floor(pixel / repeats))
  return isRepeat ? repeats : undefined
}
