import type { PixelRange } from "../values.ts"

/**
 * The number that each of the 256 levels of a pixel stands for, as PyTorch's `ToTensor` has them for `[0,1]`.
 *
 * @returns shape `[256]`; index it with a dataset's bytes
 */
export const levelsOf = (range: PixelRange): Float32Array =>
  Float32Array.from({ length: 256 }, (_, level) =>
    range === "[0,1]" ? level / 255 : level / 127.5 - 1
  )
