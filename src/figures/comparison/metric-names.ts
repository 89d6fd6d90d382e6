/** What is known of metrics by their names: how people call them, and whether less or more is better. */

export type Direction = "min" | "max"

/** Of metrics that are neither good nor bad, such as the distance to the training set, there is none. */
export const directionOf = (metric: string): Direction | undefined => {
  const name = metric.toLowerCase()
  if (/nearest|heldout|epoch|step|seconds/.test(name)) return undefined
  if (/psnr|ssim|agreement|accuracy|similarity/.test(name)) return "max"
  if (/loss|mse|mae|error|distance|fid$/.test(name)) return "min"
  return undefined
}

/** Whether it says how good the result is, rather than how far the training has come. */
export const isTrainingLoss = (metric: string): boolean =>
  metric === "finalLoss" || metric === "loss"

const known: { readonly [metric: string]: string } = {
  finalLoss: "final training loss",
  loss: "training loss",
  bestTestLoss: "best-epoch test loss",
  frechetDistance: "Fréchet distance",
  agreement: "classifier agreement",
  nearestDistance: "distance to training images",
  heldOutFrechetDistance: "Fréchet distance of held-out images",
  heldOutNearestDistance: "distance of held-out images to training images",
  mse: "MSE",
  psnr: "PSNR",
  ssim: "SSIM"
}

/** `bestTestLoss` as `best test loss`, `meanPsnr` as `mean PSNR`. */
export const metricTitle = (metric: string): string =>
  (Object.hasOwn(known, metric) ? known[metric] : undefined) ??
  metric
    .replaceAll(/[_-]+/g, " ")
    .replaceAll(
      /([a-z\d])([A-Z])/g,
      (_, before: string, after: string) => `${before} ${after.toLowerCase()}`
    )
    .replaceAll(/\b(?:mse|psnr|ssim|fid|kl|ema)\b/gi, (word) => word.toUpperCase())
