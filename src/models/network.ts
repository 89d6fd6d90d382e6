/** What every network has, for code that does not ask which one it is: training loops, weights in and out. */
import type { Architecture } from "../values/values.ts"
import type { ParameterSpec } from "./parameters.ts"

export interface Network {
  /** From which the same network is built again. */
  readonly architecture: Architecture
  /** In the order in which a PyTorch module would register them. */
  readonly parameters: ReadonlyArray<ParameterSpec>
}
