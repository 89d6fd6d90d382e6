/** What a view shows of an image, in plain JavaScript: a page needs no tensor library for it. */
import type { View } from "../../diffusion/estimators/views/view.ts"
import type { Cell } from "../../values/sheet.ts"

type Pixels = Pick<Cell, "data" | "shape">

/**
 * The same as `see` of `diffusion/estimators/views/view.ts`, to the bit.
 *
 * @throws RangeError when the view is of images of another size
 */
export const seeWithoutTensors = ({ data, shape }: Pixels, view: View): Pixels => {
  const [height, width, channels] = shape
  if (height !== view.height || width !== view.width) {
    throw new RangeError(
      `a view of ${view.width} x ${view.height} pixels cannot show ${width} x ${height}`
    )
  }
  const seen = new Float32Array(data.length)
  for (const [target, source] of view.sources.entries()) {
    for (let channel = 0; channel < channels; channel += 1) {
      seen[target * channels + channel] = view.sign * data[source * channels + channel]!
    }
  }
  return { data: seen, shape }
}
