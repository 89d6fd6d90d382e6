/** Several images as one: a sheet of rows and columns, with captions. Pixel values outside of the range stay as they are. */
import { UserError } from "../base/user-error.ts"
import { type Colour, luma } from "./colour.ts"
import { enlarge } from "./enlarge.ts"
import { glyphAdvance, glyphHeight, glyphOf, textWidth } from "./pixel-font.ts"
import { fromFraction } from "./quantise.ts"
import type { Image, Images, PixelRange } from "./values.ts"

export interface Cell {
  /** Row-major `[height, width, channels]`, grey or RGB. */
  readonly data: Float32Array
  readonly shape: readonly [height: number, width: number, channels: number]
  readonly caption?: string
}

export interface SheetRow {
  /** Drawn to the left of the row. */
  readonly title?: string
  readonly cells: ReadonlyArray<Cell>
}

export interface SheetOptions {
  readonly range: PixelRange
  /** Whole number by which the pixels of the cells are enlarged. */
  readonly scale: number
  /** Pixels between cells and around the sheet. */
  readonly gap: number
  readonly background: Colour
}

/** 8192 × 8192: beyond it, image viewers give up. */
const maxSheetPixels = 2 ** 26

/** A largest size, so that captions stay captions. */
const maxTextScale = 3

/**
 * A sheet in RGB. Cells of one row share their middle line; each column is as wide as its widest cell or caption.
 *
 * @throws UserError when a cell has neither 1 nor 3 channels, or the sheet would be too large for a picture
 */
export const arrangeSheet = (rows: ReadonlyArray<SheetRow>, options: SheetOptions): Image => {
  const { background, gap, range, scale } = options
  const cells = rows.flatMap((row) => row.cells)
  const textScale = captionScale(cells, scale)
  const lineHeight = glyphHeight * textScale
  const textGap = 2 * textScale
  const titleWidth = Math.max(0, ...rows.map(({ title = "" }) => textWidth(title) * textScale))
  const left = gap + (titleWidth === 0 ? 0 : titleWidth + Math.max(gap, 2 * textGap))
  const columns = Math.max(0, ...rows.map((row) => row.cells.length))
  const columnWidths = Array.from({ length: columns }, (_, column) =>
    Math.max(
      0,
      ...rows.map(({ cells }) => {
        const cell = cells[column]
        return cell === undefined
          ? 0
          : Math.max(cell.shape[1] * scale, textWidth(cell.caption ?? "") * textScale)
      })
    )
  )
  const columnStarts = startsOf(left, columnWidths, gap)
  const captionHeights = rows.map(({ cells }) =>
    cells.some(({ caption = "" }) => caption !== "") ? lineHeight + textGap : 0
  )
  const imageHeights = rows.map(({ cells }) =>
    Math.max(0, ...cells.map(({ shape }) => shape[0] * scale))
  )
  const rowHeights = rows.map((_, row) => captionHeights[row]! + imageHeights[row]!)
  const rowStarts = startsOf(gap, rowHeights, gap)
  const canvas = blank(rowStarts.at(-1)!, columnStarts.at(-1)!, range, background)
  const ink = fromFraction(luma(...background) < 0.5 ? 1 : 0, range)
  for (const [row, { cells, title = "" }] of rows.entries()) {
    const imageTop = rowStarts[row]! + captionHeights[row]!
    const middle = imageTop + imageHeights[row]! / 2
    const capHeight = 7 * textScale
    drawText(canvas, title, gap, Math.floor(middle - capHeight / 2), textScale, ink)
    for (const [column, cell] of cells.entries()) {
      const centre = columnStarts[column]! + columnWidths[column]! / 2
      const [height, width] = [cell.shape[0] * scale, cell.shape[1] * scale]
      const { caption = "" } = cell
      const textLeft = Math.floor(centre - (textWidth(caption) * textScale) / 2)
      drawText(canvas, caption, textLeft, rowStarts[row]!, textScale, ink)
      drawCell(canvas, cell, scale, Math.floor(middle - height / 2), Math.floor(centre - width / 2))
    }
  }
  return canvas
}

/** A batch as one image: its images side by side without anything between them. */
export const arrangeRow = ({ data, range, shape }: Images): Image => {
  const [count, height, width, channels] = shape
  const row = new Float32Array(data.length)
  const length = width * channels
  for (let index = 0; index < count; index += 1) {
    for (let y = 0; y < height; y += 1) {
      const from = (index * height + y) * length
      row.set(data.subarray(from, from + length), (y * count + index) * length)
    }
  }
  return { type: "Image", shape: [height, width * count, channels], range, data: row }
}

/** One image of a batch, sharing its memory. */
export const imageAt = ({ data, shape }: Images, index: number): Cell => {
  const [, height, width, channels] = shape
  const size = height * width * channels
  return { data: data.subarray(index * size, (index + 1) * size), shape: [height, width, channels] }
}

/** Where each part starts, and behind the last one where everything ends, with a gap after each part. */
const startsOf = (
  first: number,
  sizes: ReadonlyArray<number>,
  gap: number
): ReadonlyArray<number> => {
  const starts = [first]
  for (const size of sizes) starts.push(starts.at(-1)! + size + gap)
  return starts
}

/** As large as the captions fit above their cells, and about an eighth of a cell's height at most. */
const captionScale = (cells: ReadonlyArray<Cell>, scale: number): number => {
  const fitting = cells.map(({ caption = "", shape }) =>
    Math.min(
      Math.floor((shape[1] * scale) / Math.max(textWidth(caption), 1)),
      Math.floor((shape[0] * scale) / (8 * glyphHeight))
    )
  )
  return Math.max(1, Math.min(maxTextScale, ...fitting))
}

const blank = (height: number, width: number, range: PixelRange, background: Colour): Image => {
  if (height * width > maxSheetPixels) {
    throw new UserError(`the sheet would be ${width} × ${height} pixels`, {
      exitCode: 1,
      hint: "use a smaller scale, or fewer images"
    })
  }
  const colour = background.map((fraction) => fromFraction(fraction, range))
  const data = new Float32Array(height * width * 3)
  for (let index = 0; index < data.length; index += 1) data[index] = colour[index % 3]!
  return { type: "Image", shape: [height, width, 3], range, data }
}

const drawCell = (canvas: Image, cell: Cell, scale: number, top: number, left: number) => {
  const [height, width, channels] = cell.shape
  if (channels !== 1 && channels !== 3) {
    throw new UserError(`a sheet shows images of 1 or 3 channels, not of ${channels}`, {
      exitCode: 1
    })
  }
  const pixels = enlarge(cell.data, cell.shape, scale)
  for (let y = 0; y < height * scale; y += 1) {
    const to = ((top + y) * canvas.shape[1] + left) * 3
    for (let index = 0; index < width * scale * 3; index += 1) {
      const from = channels === 3 ? index : Math.floor(index / 3)
      canvas.data[to + index] = pixels[y * width * scale * channels + from]!
    }
  }
}

const drawText = (
  canvas: Image,
  text: string,
  left: number,
  top: number,
  scale: number,
  ink: number
) => {
  const [height, width] = canvas.shape
  for (const [index, character] of Array.from(text).entries()) {
    for (const [row, dots] of glyphOf(character).entries()) {
      for (const [column, dot] of Array.from(dots).entries()) {
        if (dot !== "#") continue
        const x = left + (index * glyphAdvance + column) * scale
        const y = top + row * scale
        for (let dy = 0; dy < scale; dy += 1) {
          for (let dx = 0; dx < scale; dx += 1) {
            if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue
            canvas.data.fill(
              ink,
              ((y + dy) * width + x + dx) * 3,
              ((y + dy) * width + x + dx) * 3 + 3
            )
          }
        }
      }
    }
  }
}
