/** Decompositions as parameters of stages. */
import * as Schema from "effect/Schema"
import { BlurSigma, KernelSize } from "../../blur-params.ts"

const kernel = KernelSize.annotate({
  description: "Width and height of the blur's kernel, odd.",
  unit: "pixels"
})
const kind = <const K extends string>(name: K) => ({ kind: Schema.Literal(name) })

export const DecompositionParams = Schema.Union([
  Schema.Struct({
    ...kind("frequency-split"),
    kernel,
    sigma: BlurSigma.annotate({
      description: "Deviation of the blur that makes the low component.",
      unit: "pixels"
    })
  }),
  Schema.Struct({
    ...kind("three-bands"),
    kernel,
    sigmas: Schema.Tuple([BlurSigma, BlurSigma]).annotate({
      description: "Deviations of the weaker blur, and of the stronger one of what that left.",
      unit: "pixels"
    })
  }),
  Schema.Struct(kind("grey-and-colour")),
  Schema.Struct({
    ...kind("motion-blur"),
    kernel: kernel.annotate({ description: "Length of the streak, odd.", unit: "pixels" })
  }),
  Schema.Struct({
    ...kind("scale"),
    share: Schema.Finite.check(Schema.isGreaterThan(0), Schema.isLessThan(1)).annotate({
      description: "Of the first component, which is the image times this; the second is the rest."
    })
  })
]).annotate({
  description:
    "frequency-split: low, high. three-bands: low, middle, high. grey-and-colour: grey, colour. motion-blur: blurred, rest. scale: first, second."
})
export type DecompositionParams = typeof DecompositionParams.Type

/** Names of the components, in order. */
export const componentsOf = {
  "frequency-split": ["low", "high"],
  "three-bands": ["low", "middle", "high"],
  "grey-and-colour": ["grey", "colour"],
  "motion-blur": ["blurred", "rest"],
  scale: ["first", "second"]
} as const satisfies { readonly [K in DecompositionParams["kind"]]: ReadonlyArray<string> }
