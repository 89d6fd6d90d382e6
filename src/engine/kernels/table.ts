/** All kernels by name. */
import { rewriteKernels } from "./affine.ts"
import { binaryKernels } from "./binary.ts"
import { castKernels } from "./cast.ts"
import { complexKernels } from "./complex.ts"
import { concatKernels } from "./concat.ts"
import { constantKernels } from "./constant.ts"
import { convKernels } from "./conv.ts"
import { conv3DKernels } from "./conv3d.ts"
import { fusedConvKernels } from "./conv-fused.ts"
import { diagonalKernels } from "./diagonal.ts"
import { dilationKernels } from "./dilation.ts"
import { gatherKernels } from "./gather.ts"
import { hostKernels } from "./host.ts"
import { imageCropKernels } from "./image-crop.ts"
import { imageTransformKernels } from "./image-transform.ts"
import { imageTurnKernels } from "./image-turn.ts"
import { type Kernel, type Primitive, isPrimitive } from "./kernel.ts"
import { matmulKernels } from "./matmul.ts"
import { meanKernels } from "./means.ts"
import { oneHotKernels } from "./one-hot.ts"
import { padKernels } from "./pad.ts"
import { poolKernels } from "./pool.ts"
import { reduceKernels } from "./reduce.ts"
import { scatterKernels } from "./scatter.ts"
import { segmentSumKernels } from "./segment-sum.ts"
import { sequenceKernels } from "./sequence.ts"
import { resizeKernels } from "./resize.ts"
import { shapeKernels } from "./shape.ts"
import { sliceKernels } from "./slice.ts"
import { spaceKernels } from "./space.ts"
import { tileKernels } from "./tile.ts"
import { activationKernels } from "./activation.ts"
import { batchNormKernels } from "./batch-norm.ts"
import { bincountKernels } from "./bincount.ts"
import { comparisonKernels } from "./comparison.ts"
import { cumulativeKernels } from "./cumulative.ts"
import { extremumIndexKernels } from "./extremum-index.ts"
import { localResponseKernels } from "./local-response.ts"
import { searchSortedKernels } from "./search-sorted.ts"
import { selectKernels } from "./select.ts"
import { softmaxKernels } from "./softmax.ts"
import { topKKernels } from "./top-k.ts"
import { einsumKernels } from "./einsum.ts"
import { unaryKernels } from "./unary.ts"

export const kernels: ReadonlyArray<Kernel> = [
  ...binaryKernels,
  ...castKernels,
  ...complexKernels,
  ...concatKernels,
  ...constantKernels,
  ...convKernels,
  ...conv3DKernels,
  ...fusedConvKernels,
  ...diagonalKernels,
  ...dilationKernels,
  ...gatherKernels,
  ...hostKernels,
  ...imageCropKernels,
  ...imageTransformKernels,
  ...imageTurnKernels,
  ...matmulKernels,
  ...meanKernels,
  ...oneHotKernels,
  ...padKernels,
  ...poolKernels,
  ...reduceKernels,
  ...scatterKernels,
  ...segmentSumKernels,
  ...sequenceKernels,
  ...rewriteKernels,
  ...resizeKernels,
  ...shapeKernels,
  ...sliceKernels,
  ...spaceKernels,
  ...tileKernels,
  ...activationKernels,
  ...batchNormKernels,
  ...bincountKernels,
  ...comparisonKernels,
  ...cumulativeKernels,
  ...extremumIndexKernels,
  ...localResponseKernels,
  ...searchSortedKernels,
  ...selectKernels,
  ...softmaxKernels,
  ...topKKernels,
  ...einsumKernels,
  ...unaryKernels
]

const primitives = new Map(
  kernels.filter(isPrimitive).map((kernel) => [kernel.name, kernel] as const)
)

/** @throws Error when no primitive has this name */
export const primitive = (name: string): Primitive => {
  const found = primitives.get(name)
  if (found === undefined) throw new Error(`kernel ${name} is not implemented on the onnx engine`)
  return found
}
