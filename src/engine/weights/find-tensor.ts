import { nearest } from "../../base/nearest.ts"
import { UserError } from "../../base/user-error.ts"
import { type Weights, type WeightTensor } from "./weights.ts"

/** @throws UserError when there is no tensor of this name */
export const findTensor = ({ path, tensors }: Weights, name: string): WeightTensor => {
  const tensor = tensors.get(name)
  if (tensor !== undefined) return tensor
  const like = nearest(name, tensors.keys())
  throw new UserError(`${path} holds no tensor ${name}`, {
    exitCode: 1,
    ...(like === undefined ? {} : { hint: `there is ${like}` })
  })
}
