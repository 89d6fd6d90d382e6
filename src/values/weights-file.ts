/** A file with named weights, as PyTorch's safetensors reader takes them: `load_state_dict(load_file(path))`. */
import { UserError } from "../base/user-error.ts"
import { decodeSafetensors } from "../safetensors/decode.ts"
import { encodeSafetensors } from "../safetensors/encode.ts"
import { rawTensor, typedArray } from "../safetensors/typed-array.ts"
import type { Weight } from "./values.ts"

export interface Weights {
  readonly [name: string]: Weight
}

const dtypes = ["F32", "I64"] as const

/**
 * Deterministic. The format has an order of its own, so that of the names is lost.
 *
 * @throws TypeError when a weight is neither float32 nor int64, or its data do not fill its shape
 */
export const encodeWeights = (weights: Weights): Uint8Array =>
  encodeSafetensors(
    Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => {
        if (!(data instanceof Float32Array) && !(data instanceof BigInt64Array)) {
          throw new TypeError(`the weight ${name} is neither a Float32Array nor a BigInt64Array`)
        }
        if (shape.reduce((product, dim) => product * dim, 1) !== data.length) {
          throw new TypeError(
            `the weight ${name}[${shape.join(",")}] cannot hold ${data.length} numbers`
          )
        }
        return [name, rawTensor(data, shape)]
      })
    ),
    // Some readers refuse a file that does not say whose layouts these are.
    { format: "pt" }
  )

/**
 * The weights of a file, in its order.
 *
 * @returns data that may share memory with `bytes`
 * @throws UserError when the file is not sound, or has a weight of another dtype
 */
export const decodeWeights = (bytes: Uint8Array, shown: string): Weights =>
  Object.fromEntries(
    [...decodeSafetensors(bytes, shown).tensors].map(([name, tensor]) => {
      const data = typedArray(tensor, dtypes)
      if (data !== undefined) return [name, { shape: tensor.shape, data }]
      throw new UserError(
        `${shown}: ${name} is ${tensor.dtype}; weights are ${dtypes.join(" or ")}`,
        { exitCode: 1 }
      )
    })
  )
