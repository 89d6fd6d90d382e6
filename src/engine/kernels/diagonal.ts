import { type Composite } from "./kernel.ts"

/** A tensor of shape `[…x.shape, …x.shape]` that is x where both indices are the same, and else 0. */
const diag: Composite = {
  name: "Diag",
  inputs: ["x"],
  expand: (recorder, [x]) => {
    const n = x!.size
    // Each element followed by n zeros: row by row of length n, element i lies in column i.
    const column = recorder.one("Reshape", [x!], { shape: [n, 1] })
    const paddings = [
      [0, 0],
      [0, n]
    ]
    const padded = recorder.one("Pad", [column, recorder.constant(0, x!.dtype)], { paddings })
    const flat = recorder.one("Reshape", [padded], { shape: [n * (n + 1)] })
    const square = recorder.one("Slice", [flat], { begin: [0], size: [n * n] })
    return [recorder.one("Reshape", [square], { shape: [...x!.shape, ...x!.shape] })]
  }
}

export const diagonalKernels: ReadonlyArray<Composite> = [diag]
