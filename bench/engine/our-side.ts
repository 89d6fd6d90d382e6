/**
 * This project's side of the benchmark: the same networks, tasks and sizes as `bench/torch/cases.py`, on the engine that a
 * stage would get. A step does what a step of `cases.py` does with the next batch, and has ended when its number, the loss or
 * the first element of the output, is in JavaScript.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { compile } from "../../src/engine/compile.ts"
import { sessionTimes as times } from "../../src/engine/onnx/session.ts"
import { nchwcBlockSize } from "../../src/engine/provider/block-size.ts"
import { tf } from "../../src/engine/tf.ts"
import { initialise } from "../../src/models/initialise.ts"
import { type ParameterSpec, parameterCount, type State } from "../../src/models/parameters.ts"
import { digits } from "../../src/models/unet/config.ts"
import { unet } from "../../src/models/unet/unet.ts"
import { flowMatchingLoss } from "../../src/training/flow-matching.ts"
import { meanSquaredError } from "../../src/training/mean-squared-error.ts"
import { startTraining, type Training, trainingStep } from "../../src/training/training-step.ts"
import type { CaseSpec } from "./cases.ts"
import { blockBatches, type Filled, unetBatches } from "./data.ts"
import { blockParameters, forwardBlock } from "./our-block.ts"

export interface OurCase {
  readonly parameters: number
  /** Provider, threads, block size: one line. */
  readonly about: string
  /** Recording the step once, and making it a session; known after the first step when that is when it happens. */
  readonly costs: () => { readonly tracingMs?: number; readonly sessionMs?: number }
  readonly step: () => StepResult | Promise<StepResult>
  readonly dispose: () => void
}

export interface StepResult {
  /** The loss, or an element of the output. */
  readonly value: number
  /** The part of the step that was JavaScript, not ONNX Runtime. */
  readonly javascriptMs?: number
}

/** A network with its data: what the loss of a batch is, and what it gives for one. */
interface Subject {
  readonly parameters: ReadonlyArray<ParameterSpec>
  readonly batches: ReadonlyArray<Batch>
  readonly loss: (
    state: State,
    batch: Batch
  ) => { readonly loss: Scalar; readonly statistics: State }
  readonly forward: (state: State, batch: Batch, training: boolean) => Tensor
}

type Batch = Readonly<Record<string, Tensor>>

export const prepareOurs = async (spec: CaseSpec, threads: number): Promise<OurCase> => {
  process.env["ABLATE_THREADS"] = `${threads}`
  const { batches, forward, loss, parameters } =
    spec.model === "unet" ? digitsUNet(spec) : block(spec)
  const state = initialise(parameters, 180)
  const learningRate = tf.scalar(1e-3)
  let training: Training = startTraining(parameters, state)
  const train = compile((before: Training, batch: Batch) =>
    trainingStep(parameters, before, (state) => loss(state, batch), learningRate)
  )
  const predict = compile((state: State, batch: Batch) => {
    const output = tf.tidy(() => forward(state, batch, spec.task === "forward-train"))
    return tf.slice(tf.reshape(output, [-1]), 0, 1)
  })
  let turn = 0
  let tracingMs: number | undefined
  const step = (): StepResult => {
    const started = performance.now()
    const inside = times.runMs + times.createMs
    const batch = batches[turn++ % batches.length]!
    let result: Tensor
    if (spec.task === "train") {
      const next = train(training, batch)
      tf.dispose(training)
      training = next.training
      result = next.loss
    } else {
      result = predict(training.state, batch)
    }
    const value = result.dataSync()[0]!
    result.dispose()
    const javascriptMs = performance.now() - started - (times.runMs + times.createMs - inside)
    tracingMs ??= javascriptMs
    return { value, javascriptMs }
  }
  return {
    parameters: parameterCount(parameters),
    about: `ablate on ${tf.getBackend()}, blocks of ${nchwcBlockSize()}`,
    costs: () => ({
      ...(tracingMs === undefined ? {} : { tracingMs }),
      sessionMs: times.createMs
    }),
    step,
    dispose: () => tf.dispose(training)
  }
}

const tensor = ({ shape, values }: Filled): Tensor => tf.tensor(values, [...shape])

const digitsUNet = (spec: CaseSpec): Subject => {
  const network = unet({ ...digits, channels: spec.width, time: "add", classes: 10 })
  const batches = unetBatches(spec).map(({ c, t, x0, x1 }) => ({
    x0: tensor(x0),
    x1: tensor(x1),
    time: tensor({ ...t, shape: [spec.batch] }),
    classes: tensor(c)
  }))
  const typed = (batch: Batch) =>
    batch as unknown as { x0: Tensor4D; x1: Tensor4D; time: Tensor1D; classes: Tensor2D }
  return {
    parameters: network.parameters,
    batches,
    loss: (state, batch) => flowMatchingLoss(network, state, typed(batch)),
    forward: (state, batch, training) => {
      const { classes, time, x0, x1 } = typed(batch)
      const mixed = tf.add(x0, tf.mul(tf.sub(x1, x0), tf.reshape(time, [-1, 1, 1, 1])))
      return network.forward(state, mixed as Tensor4D, { time, classes, training }).output
    }
  }
}

const block = (spec: CaseSpec): Subject => {
  const forward = (state: State, batch: Batch): Tensor4D =>
    forwardBlock(state, batch["x"] as Tensor4D)
  return {
    parameters: blockParameters,
    batches: blockBatches(spec).map(({ target, x }) => ({ x: tensor(x), target: tensor(target) })),
    loss: (state, batch) => ({
      loss: meanSquaredError(forward(state, batch), batch["target"]!),
      statistics: {}
    }),
    forward
  }
}
