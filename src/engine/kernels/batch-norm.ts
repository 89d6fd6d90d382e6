import { type Composite } from "./kernel.ts"

/** (x - mean)·scale/√(variance + ε) + offset, with statistics that are given and broadcast to x. */
const fusedBatchNorm: Composite = {
  name: "FusedBatchNorm",
  inputs: ["x", "scale?", "offset?", "mean", "variance"],
  expand: (recorder, [x, scale, offset, mean, variance], { varianceEpsilon }) => {
    const epsilon = recorder.constant((varianceEpsilon as number | undefined) ?? 0.001)
    const inverse = recorder.one("Rsqrt", [recorder.one("Add", [variance!, epsilon])])
    const factor = scale === undefined ? inverse : recorder.one("Multiply", [inverse, scale])
    const centred = recorder.one("Sub", [x!, mean!])
    const normed = recorder.one("Multiply", [centred, factor])
    return [offset === undefined ? normed : recorder.one("Add", [normed, offset])]
  }
}

export const batchNormKernels: ReadonlyArray<Composite> = [fusedBatchNorm]
