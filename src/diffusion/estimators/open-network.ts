/** Networks of an estimator, from their values. */
import type { Model, Pretrained } from "../../values/values.ts"
import type { EstimatingNetwork } from "./networks/estimating-network.ts"
import { pretrainedNetwork } from "./networks/pretrained.ts"
import { trainedNetwork } from "./networks/trained.ts"

/** @throws UserError when it is none that a sampler can ask, or its weights are not where they were */
export const openNetwork = (network: Model | Pretrained): EstimatingNetwork =>
  network.type === "Model" ? trainedNetwork(network) : pretrainedNetwork(network)
