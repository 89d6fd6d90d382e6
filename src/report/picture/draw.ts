/** A picture as text that a terminal draws. */
import { type Raster, resample } from "./raster.ts"
import type { PictureProtocol } from "./terminal.ts"

/** Rows of text that a picture may take, so that what is printed above it stays in view. */
const mostRows = 24

export interface Frame {
  readonly columns: number
  /** Turns a raster into PNG, for the protocols that send files. */
  readonly png: (image: Raster) => Promise<Uint8Array>
}

/** The text that draws the picture, with a line break at its end; empty when the terminal shows none. */
export const drawPicture = async (
  image: Raster,
  protocol: PictureProtocol,
  frame: Frame
): Promise<string> => {
  if (protocol === "none" || image.width === 0 || image.height === 0) return ""
  const cells = cellsFor(image, frame.columns)
  if (protocol === "blocks") return blocks(resample(image, cells.columns, cells.rows * 2))
  const png = Buffer.from(await frame.png(enlarge(image)))
  return protocol === "kitty" ? kitty(png, cells) : iterm2(png, cells)
}

interface Cells {
  readonly columns: number
  readonly rows: number
}

/** A character cell is about twice as high as it is wide. Small pictures stay small, in whole multiples if they grow. */
const cellsFor = (image: Raster, columns: number): Cells => {
  const scale = Math.min(columns / image.width, (mostRows * 2) / image.height, 1)
  return {
    columns: Math.max(1, Math.round(image.width * scale)),
    rows: Math.max(1, Math.round((image.height * scale) / 2))
  }
}

/** Pixels of tiny images stay square and sharp: terminals blur what they enlarge themselves. */
const enlarge = (image: Raster): Raster => {
  const factor = Math.floor(512 / Math.max(image.width, image.height))
  return factor < 2 ? image : resample(image, image.width * factor, image.height * factor)
}

/** The upper half of a cell in the foreground colour, the lower half in the background's. */
const blocks = (image: Raster): string => {
  const colour = (x: number, y: number) => {
    const at = (y * image.width + x) * 3
    return `${image.data[at] ?? 0};${image.data[at + 1] ?? 0};${image.data[at + 2] ?? 0}`
  }
  const lines: Array<string> = []
  for (let y = 0; y < image.height; y += 2) {
    let line = ""
    let [upper, lower] = ["", ""]
    for (let x = 0; x < image.width; x++) {
      const [above, below] = [colour(x, y), colour(x, y + 1)]
      if (above !== upper) line += `\u001B[38;2;${above}m`
      if (below !== lower) line += `\u001B[48;2;${below}m`
      line += "▀"
      ;[upper, lower] = [above, below]
    }
    lines.push(`${line}\u001B[0m\n`)
  }
  return lines.join("")
}

/** https://sw.kovidgoyal.net/kitty/graphics-protocol/: PNG (`f=100`), shown at once, in pieces of 4096 characters. */
const kitty = (png: Buffer, cells: Cells): string => {
  const text = png.toString("base64")
  let drawn = ""
  for (let at = 0; at < text.length; at += 4096) {
    const more = at + 4096 < text.length ? 1 : 0
    const head =
      at === 0 ? `a=T,f=100,q=2,c=${cells.columns},r=${cells.rows},m=${more}` : `m=${more}`
    drawn += `\u001B_G${head};${text.slice(at, at + 4096)}\u001B\\`
  }
  return `${drawn}\n`
}

/** https://iterm2.com/documentation-images.html */
const iterm2 = (png: Buffer, cells: Cells): string =>
  `\u001B]1337;File=inline=1;size=${png.length};width=${cells.columns};height=${cells.rows};preserveAspectRatio=1:${png.toString("base64")}\u0007\n`
