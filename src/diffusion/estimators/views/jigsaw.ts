/** The picture as a jigsaw puzzle of 4 × 4 pieces, put together another way. */
import { shuffled } from "../../../engine/random/shuffled.ts"
import { movingView, type View } from "./view.ts"

/**
 * The cut is the same after a quarter turn, so a piece that is turned about the middle of the image fits where it comes to lie. Such
 * places are fours: the corners, two sorts of pieces at the edge, and the middle. In each four the pieces change places.
 *
 * After the jigsaw view of Geng, Park & Owens 2024 (arXiv:2311.17919), which uses the same symmetry with a cut drawn by hand.
 *
 * @param side of the image, a multiple of 4
 */
export const jigsaw = (side: number, seed: number): View => {
  const places = placesOf(side)
  const turnsOf = fours.map((_, four) => turnsFor(shuffled(4, seed, `jigsaw ${four}`)))
  return movingView(side, side, (row, column) => {
    const { four, quarter } = places[row * side + column]!
    return turned(row, column, side, turnsOf[four]![quarter]!)
  })
}

/** The pieces of one quarter of the image, of each four the first: row and column in the grid of 4 × 4. */
const fours = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1]
] as const

/** By quarter that a piece comes to lie in: how many quarter turns back from there its source is. */
const turnsFor = (order: Int32Array): ReadonlyArray<number> =>
  [...order].map((from, to) => (((from - to) % 4) + 4) % 4)

/** A place after quarter turns clockwise about the middle of the image. */
const turned = (
  row: number,
  column: number,
  side: number,
  turns: number
): readonly [row: number, column: number] => {
  let place: readonly [number, number] = [row, column]
  for (let turn = 0; turn < turns; turn++) place = [place[1], side - 1 - place[0]]
  return place
}

interface Place {
  readonly four: number
  /** How many quarter turns clockwise from the first piece of the four. */
  readonly quarter: number
}

/**
 * Which piece each pixel belongs to: a square of the grid, but for a round tab in the middle of each side between two pieces, which
 * belongs to one of them.
 */
const placesOf = (side: number): ReadonlyArray<Place> => {
  const piece = side / 4
  const radius = piece / 5
  const tabs = seams.flatMap(({ at, owner }) =>
    [0, 1, 2, 3].map((quarter) => ({
      centre: turned(at[0] * piece - 0.5, at[1] * piece - 0.5, side, quarter),
      place: { four: owner, quarter }
    }))
  )
  return Array.from({ length: side * side }, (_, index) => {
    const [row, column] = [Math.floor(index / side), index % side]
    const tab = tabs.find(({ centre }) => Math.hypot(row - centre[0], column - centre[1]) < radius)
    return tab?.place ?? placeAt(row, column, side)
  })
}

/** Of the seams between pieces those of one quarter, by the middle of the tab in widths of a piece, and which four owns it there. */
const seams: ReadonlyArray<{ readonly at: readonly [number, number]; readonly owner: number }> = [
  { at: [0.5, 1], owner: 0 },
  { at: [1, 0.5], owner: 2 },
  { at: [1, 1.5], owner: 1 },
  { at: [1.5, 1], owner: 3 },
  { at: [0.5, 2], owner: 1 },
  { at: [1.5, 2], owner: 3 }
]

const placeAt = (row: number, column: number, side: number): Place => {
  for (let quarter = 0; quarter < 4; quarter++) {
    const [y, x] = turned(row, column, side, (4 - quarter) % 4)
    if (y < side / 2 && x < side / 2) {
      const cell = [Math.floor((4 * y) / side), Math.floor((4 * x) / side)]
      return { four: fours.findIndex(([r, c]) => r === cell[0] && c === cell[1]), quarter }
    }
  }
  throw new RangeError(`pixel ${row}, ${column} is in no quarter of ${side} x ${side}`)
}
