/** Parameters of the objective `denoise`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Issue } from "../issue.ts"

const Sigma = Schema.Finite.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected a deviation of 0 or more" })
)

export const denoiseParams = {
  from: Schema.Literals(["image", "noise"])
    .annotate({
      description:
        "What the network is shown: `image`, the image with noise; `noise`, noise that has nothing to do with the image, so that the best answer is the mean image."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("image" as const))),
  sigma: Schema.optionalKey(
    Schema.Union([Sigma, Schema.Tuple([Sigma, Sigma])]).annotate({
      description:
        "Deviation σ of the noise that is added, 0.5 when left out; or `[lowest, highest]`, from which each image's is drawn evenly.",
      unit: "pixel value"
    })
  )
}

type Params = Schema.Struct<typeof denoiseParams>["Type"]

/** What the schema cannot see. */
export const denoiseIssues = ({ from, sigma }: Params): ReadonlyArray<Issue> => {
  if (sigma === undefined) return []
  if (from === "noise") {
    return [
      {
        path: ["sigma"],
        message:
          "sigma says how much noise is added to the image, and with `from: noise` no image is shown",
        hint: "remove `sigma`"
      }
    ]
  }
  return typeof sigma !== "number" && sigma[0] > sigma[1]
    ? [
        {
          path: ["sigma"],
          message: `the range of sigma begins at ${sigma[0]} and ends at ${sigma[1]}`,
          hint: "give the lowest first"
        }
      ]
    : []
}

/** With the default. */
export const denoiseSettings = ({ from, sigma }: Params) => ({ from, sigma: sigma ?? 0.5 })
