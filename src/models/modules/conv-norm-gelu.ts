/** The unit that convolutional networks are built of: convolution, batch norm, activation. */
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { batchNormEvaluation, batchNormTraining, valuesPerChannel } from "../layers/batch-norm.ts"
import { gelu } from "../layers/gelu.ts"
import { batchNormParameters } from "../parameters.ts"
import { applyConv, type ConvOptions, convParameters } from "./conv.ts"
import { filterOf, type Module, type Pass, vectorOf } from "./module.ts"

/** PyTorch's defaults of `nn.BatchNorm2d`. */
const eps = 1e-5
const momentum = 0.1

/** `NAME.conv`, `NAME.norm`, then the exact GELU. */
export const convNormGelu = (name: string, options: ConvOptions): Module<Tensor4D> => ({
  parameters: [
    ...convParameters(`${name}.conv`, options, "cancelled"),
    ...batchNormParameters(`${name}.norm`, options.outputs)
  ],
  apply: (pass, x) => {
    const convolved = applyConv(x, filterOf(pass, `${name}.conv.weight`), options)
    return gelu(normalise(pass, convolved, name))
  }
})

/** @param x the convolution without its bias, which enters the mean only (see `batchNormTraining`) */
const normalise = (pass: Pass, x: Tensor4D, name: string): Tensor4D => {
  const vector = (suffix: string) => vectorOf(pass, `${name}.${suffix}`)
  const bias = vector("conv.bias")
  const [gamma, beta] = [vector("norm.weight"), vector("norm.bias")]
  const running = { mean: vector("norm.running_mean"), variance: vector("norm.running_var") }
  if (!pass.training) return batchNormEvaluation(x, { gamma, beta, bias, eps, ...running })
  const count = valuesPerChannel(x)
  if (count < 2) throw new RangeError(`${name}.norm: one value has no variance to normalise by`)
  const { mean, variance, y } = batchNormTraining(x, gamma, beta, eps)
  const moved = (old: Tensor1D, batch: Tensor1D, weight: number): Tensor1D =>
    tf.add(tf.mul(old, 1 - momentum), tf.mul(batch, weight))
  const { statistics } = pass
  statistics[`${name}.norm.running_mean`] = moved(running.mean, tf.add(mean, bias), momentum)
  // The running variance is of the unbiased estimate, unlike the one that the batch is normalised by.
  const unbiased = count / (count - 1)
  statistics[`${name}.norm.running_var`] = moved(running.variance, variance, momentum * unbiased)
  return y
}
