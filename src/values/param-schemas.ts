/** Parameters that several stages share: sizes, ranges, colours, ways to resize. Only stages import this file. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { colourPattern } from "./colour.ts"
import { fits } from "./read-picture.ts"
import { interpolations } from "./resample.ts"

/** A side of an image. */
export const PixelCount = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16_384 }))

export const Size = Schema.Union([PixelCount, Schema.Tuple([PixelCount, PixelCount])]).annotate({
  description: "Height and width, or one number for both.",
  unit: "pixels"
})

/** Of a picture that is read from a file. */
export const PictureSize = Schema.optionalKey(
  Size.annotate({
    description: "Height and width, or one number for both; as large as the picture when absent.",
    unit: "pixels"
  })
)

/** `[height, width]` of a `Size`. */
export const sidesOf = (
  size: number | readonly [number, number]
): readonly [height: number, width: number] => (typeof size === "number" ? [size, size] : size)

export const Fit = Schema.Literals(fits)
  .annotate({
    description:
      "What happens to other proportions: cover cuts off what is too much, in the middle (torchvision's resize and centre crop); contain adds a border; stretch distorts (with cubic, Pillow's default)."
  })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("cover" as const)))

export const Interpolation = Schema.Literals(interpolations)
  .annotate({
    description:
      "Kernel for resizing, widened by the factor when the image shrinks, so that nothing aliases; area is the mean over each new pixel's part of the old image."
  })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("lanczos3" as const)))

export const Range = Schema.Literals(["[-1,1]", "[0,1]"])
  .annotate({ description: "The numbers that black and white become." })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("[-1,1]" as const)))

/** Of a dataset: one for all of them, so that a model that takes the images of one takes those of another. */
export const DatasetRange = Schema.Literals(["[-1,1]", "[0,1]"])
  .annotate({ description: "The numbers that 0 and 255 stand for." })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("[0,1]" as const)))

export const Seed = Schema.Int.annotate({
  description: "Equal seeds give equal results."
}).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))

export const Colour = Schema.String.check(
  Schema.isPattern(colourPattern, { message: 'expected a colour such as "#ffffff"' })
)

export const Weight = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
