/** Reductions that are made of others. */
import { sizeOf } from "../graph/value.ts"
import { type Composite } from "./kernel.ts"
import { axesOf } from "./reduce.ts"

/** Of nothing it is 0, as the sum is. */
const mean: Composite = {
  name: "Mean",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const float = x!.dtype === "float32" ? x! : recorder.one("Convert", [x!], { dtype: "float32" })
    const axes = axesOf(attrs["axis"], x!.shape.length)
    const count = sizeOf(axes.map((axis) => x!.shape[axis]!))
    const sum = recorder.one("Sum", [float], attrs)
    return [count === 0 ? sum : recorder.one("RealDiv", [sum, recorder.constant(count)])]
  }
}

export const meanKernels: ReadonlyArray<Composite> = [mean]
