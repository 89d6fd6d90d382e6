/** Kernels that move pixels between the spatial axes and the batch or the channels: made of reshapes and transposes. */
import { type Shape } from "../graph/value.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite } from "./kernel.ts"

const spaceToBatch: Composite = {
  name: "SpaceToBatchND",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const block = attrs["blockShape"] as Array<number>
    const { backend_util: tools, util } = tfjs()
    const size = util.sizeFromShape(block)
    const rest = x!.shape.slice(1 + block.length).map(() => [0, 0])
    const paddings = [[0, 0], ...(attrs["paddings"] as ReadonlyArray<Shape>), ...rest]
    const padded = recorder.one("Pad", [x!, recorder.constant(0, x!.dtype)], { paddings })
    const shape = [...padded.shape]
    const grid = tools.getReshaped(shape, block, size, false)
    const split = recorder.one("Reshape", [padded], { shape: grid })
    const perm = tools.getPermuted(grid.length, block.length, false)
    const moved = recorder.one("Transpose", [split], { perm })
    return [
      recorder.one("Reshape", [moved], {
        shape: tools.getReshapedPermuted(shape, block, size, false)
      })
    ]
  }
}

const batchToSpace: Composite = {
  name: "BatchToSpaceND",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const block = attrs["blockShape"] as Array<number>
    const crops = attrs["crops"] as Array<Array<number>>
    const { backend_util: tools, util } = tfjs()
    const size = util.sizeFromShape(block)
    const shape = [...x!.shape]
    const grid = tools.getReshaped(shape, block, size)
    const split = recorder.one("Reshape", [x!], { shape: grid })
    const perm = tools.getPermuted(grid.length, block.length)
    const moved = recorder.one("Transpose", [split], { perm })
    const whole = tools.getReshapedPermuted(shape, block, size)
    const joined = recorder.one("Reshape", [moved], { shape: whole })
    return [
      recorder.one("Slice", [joined], {
        begin: tools.getSliceBeginCoords(crops, block.length),
        size: tools.getSliceSize(whole, crops, block.length)
      })
    ]
  }
}

const depthToSpace: Composite = {
  name: "DepthToSpace",
  inputs: ["x"],
  expand: (recorder, [x], { blockSize, dataFormat }) => {
    const b = blockSize as number
    const [n, h, w, c] = x!.shape as readonly [number, number, number, number]
    if (dataFormat !== "NHWC") {
      throw new Error(`Only NHWC dataFormat supported for depthToSpace. Got ${String(dataFormat)}`)
    }
    const depth = c / (b * b)
    const split = recorder.one("Reshape", [x!], { shape: [n, h, w, b, b, depth] })
    const moved = recorder.one("Transpose", [split], { perm: [0, 1, 3, 2, 4, 5] })
    return [recorder.one("Reshape", [moved], { shape: [n, h * b, w * b, depth] })]
  }
}

export const spaceKernels: ReadonlyArray<Composite> = [spaceToBatch, batchToSpace, depthToSpace]
