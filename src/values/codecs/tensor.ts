import { decodeTensorFile, encodeTensorFile, tensorFileName } from "../tensor-file.ts"
import type { Tensor } from "../values.ts"
import type { CodecOf } from "./codec-of.ts"

export const tensorCodec: CodecOf<Tensor> = {
  typeOf: ({ shape }) => ({ name: "Tensor", shape }),
  encode: ({ data, shape }) => ({ meta: {}, files: encodeTensorFile(data, shape) }),
  decode: ({ read }) => ({ type: "Tensor", ...decodeTensorFile(read(tensorFileName)) })
}
