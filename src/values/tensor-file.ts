/** A file with one tensor: the safetensors file that image, mask and tensor values are stored as. */
import { UserError } from "../base/user-error.ts"
import { decodeSafetensors } from "../safetensors/decode.ts"
import { encodeSafetensors } from "../safetensors/encode.ts"
import { rawTensor, typedArray } from "../safetensors/typed-array.ts"

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array

/** The name of the file in a stored value, and of the tensor in the file. */
export const tensorFileName = "data.safetensors"
const tensorName = "data"

const dtypes = ["F32", "F64", "I32", "U8"] as const

export const encodeTensorFile = (
  data: TensorData,
  shape: ReadonlyArray<number>
): { readonly [tensorFileName]: Uint8Array } => ({
  [tensorFileName]: encodeOneTensor(data, shape)
})

/** A file with this tensor alone. */
export const encodeOneTensor = (data: TensorData, shape: ReadonlyArray<number>): Uint8Array =>
  encodeSafetensors({ [tensorName]: rawTensor(data, shape) })

/**
 * The one tensor of a file written by `encodeTensorFile`, or by another tool in the same form.
 *
 * @returns data that may share memory with `bytes`
 */
export const decodeTensorFile = (
  bytes: Uint8Array,
  shown = tensorFileName
): { readonly data: TensorData; readonly shape: ReadonlyArray<number> } => {
  const { tensors } = decodeSafetensors(bytes, shown)
  const tensor = tensors.get(tensorName)
  if (tensor === undefined || tensors.size !== 1) {
    throw new UserError(
      `${shown} holds ${tensors.size === 0 ? "no tensor" : [...tensors.keys()].join(", ")} where one tensor named ${tensorName} should be`,
      { exitCode: 1 }
    )
  }
  const data = typedArray(tensor, dtypes)
  if (data === undefined) {
    throw new UserError(`${shown} holds ${tensor.dtype}; values are ${dtypes.join(", ")}`, {
      exitCode: 1
    })
  }
  return { data, shape: tensor.shape }
}
