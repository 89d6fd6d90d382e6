/** Parameters that the stages with a blur share, and their fit to an image's size. */
import * as Schema from "effect/Schema"
import { UserError } from "../base/user-error.ts"
import { fitsKernel } from "./gaussian-blur.ts"

/** Width and height of a blur's kernel. */
export const KernelSize = Schema.Int.check(
  Schema.isBetween({ minimum: 1, maximum: 4095 }),
  Schema.makeFilter((size) => size % 2 === 1, { message: "expected an odd number" })
)

/** A Gaussian's deviation. */
export const BlurSigma = Schema.Finite.check(
  Schema.isGreaterThan(0, { message: "expected a number above 0" })
)

/** What is wrong with the parameter `kernel` for images of this size, as far as the size is known. */
export const kernelIssues = (
  kernel: number,
  height: number | undefined,
  width: number | undefined
) =>
  height === undefined || width === undefined || fitsKernel(height, width, kernel)
    ? []
    : [
        {
          path: ["kernel"],
          message: `a kernel of ${kernel} pixels is too large for images of ${width} x ${height}`,
          hint: `use at most ${2 * Math.min(height, width) - 1}: half the kernel must be smaller than the image`
        }
      ]

/**
 * The same question once the images are there.
 *
 * @throws UserError when the kernel is too large
 */
export const assertKernelFits = (kernel: number, height: number, width: number): void => {
  for (const { hint, message } of kernelIssues(kernel, height, width)) {
    throw new UserError(message, { hint })
  }
}
