/** Colours of backgrounds and captions. */

/** Red, green and blue as fractions between black and white. */
export type Colour = readonly [red: number, green: number, blue: number]

/** Of `#rrggbb`. */
export const colourPattern = /^#[0-9a-fA-F]{6}$/

/** @throws RangeError for a text that is not `#rrggbb` */
export const parseColour = (colour: string): Colour => {
  if (!colourPattern.test(colour)) throw new RangeError(`${colour} is not a colour such as #ff8800`)
  const channel = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16) / 255
  return [channel(1), channel(3), channel(5)]
}

/** ITU-R BT.601 on the sRGB values as they are, as in Pillow's mode `L`. */
export const luma = (red: number, green: number, blue: number): number =>
  0.299 * red + 0.587 * green + 0.114 * blue
