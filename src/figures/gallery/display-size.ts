/** How large pictures stand on a page, in CSS pixels. */

/** Widest that the column of a gallery becomes. */
export const contentWidth = 1112

export interface DisplaySize {
  readonly width: number
  readonly height: number
  /** Without squares for pixels: those of a large picture are too small for that, and it may be shown smaller than it is. */
  readonly smooth: boolean
}

/** From here on a picture is seen as a whole, and not pixel by pixel. */
const largeSide = 192

export interface Wish {
  /** Of the longer side, about. */
  readonly side: number
  /** By how much enlarged pictures may be larger than that, as a factor, where it makes their enlargement whole. */
  readonly slack?: number
  /** Longer side that pictures are made smaller to; absent: none is. */
  readonly most?: number
}

/** Small pictures are enlarged by a whole number, so that their pixels stay squares. */
export const displaySize = (
  height: number,
  width: number,
  { most = Number.POSITIVE_INFINITY, side: wanted, slack = 1 }: Wish
): DisplaySize => {
  const side = Math.max(height, width)
  const nearest = Math.max(1, Math.round(wanted / side))
  const factor = nearest > 1 && nearest * side > slack * wanted ? nearest - 1 : nearest
  const scale = side > most ? most / side : factor
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    smooth: side >= largeSide
  }
}

/**
 * How many stand in a row: so many that every row is full, where a number close to the most does that, else as many in each row but
 * the last.
 *
 * @param most that there is room for, at least 1
 */
export const columnsFor = (count: number, most: number): number => {
  if (count <= most) return count
  for (let columns = most; 2 * columns >= most; columns -= 1) {
    if (count % columns === 0) return columns
  }
  return Math.ceil(count / Math.ceil(count / most))
}
