import { type Attributes } from "../../onnx/attributes.ts"
import { type Lowering } from "../lowering.ts"

/** The blocked layout's convolution of values by name; a bias and an image to add may be left out. */
export const nchwcConv = (
  lowering: Lowering,
  [image, filter]: readonly [image: string, filter: string],
  { bias, sum }: { readonly bias?: string | undefined; readonly sum?: string | undefined },
  attributes: Attributes
): string => {
  const names = [image, filter]
  if (bias !== undefined || sum !== undefined) names.push(bias ?? "")
  if (sum !== undefined) names.push(sum)
  return lowering.nchwc("Conv", names, attributes)
}
