/** Whether a model can be trained with a data set, where it was not known before both were there. */
import { UserError } from "../base/user-error.ts"
import type { Dataset, Model } from "../values/values.ts"

/** What is wrong with the number of classes that a model knows, if anything; a model without classes needs none. */
export const classesProblem = (
  ofModel: number,
  ofData: number
): { readonly message: string; readonly hint: string } | undefined => {
  if (ofModel === 0 || ofModel === ofData) return undefined
  return ofData === 0
    ? {
        message: `the model has ${ofModel} classes, and the images have no labels`,
        hint: "use a labelled data set, or a model with `classes: 0`"
      }
    : {
        message: `the model has ${ofModel} classes, and the data set has ${ofData}`,
        hint: `give the model \`classes: ${ofData}\`, or use another data set`
      }
}

/** What is wrong with the size of a batch, if anything. */
export const batchProblem = (
  batchSize: number,
  images: number
): { readonly message: string; readonly hint: string } | undefined =>
  batchSize <= images
    ? undefined
    : {
        message: `a batch of ${batchSize} is larger than the data set of ${images} images`,
        hint: `give \`batchSize: ${images}\` or less, or use more images`
      }

/** @throws UserError when the images are not those that the model takes */
export const checkData = (
  { architecture, range }: Pick<Model, "architecture" | "range">,
  { classes, name, range: found, shape: [, height, width, channels] }: Dataset
): void => {
  const { imageChannels, imageSize } = architecture
  if (height !== imageSize || width !== imageSize || channels !== imageChannels) {
    throw new UserError(
      `the model takes images of ${imageSize} x ${imageSize} x ${imageChannels}, those of ${name} have ${height} x ${width} x ${channels}`,
      { hint: "give the model the size of the images, or resize them" }
    )
  }
  if (range !== found) {
    throw new UserError(`the model takes pixels in ${range}, those of ${name} are in ${found}`, {
      hint: "give both the same range"
    })
  }
  throwIf(classesProblem(architecture.classes, classes.length))
}

/** @throws UserError with what is wrong */
export const throwIf = (
  problem: { readonly message: string; readonly hint: string } | undefined
): void => {
  if (problem !== undefined) throw new UserError(problem.message, { hint: problem.hint })
}
