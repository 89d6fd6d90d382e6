/** Runs on the engine that the environment names, and writes a `Report` to the file that the first argument names. */
import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { compile } from "#src/engine/compile.ts"
import { tf } from "#src/engine/tf.ts"
import { initialise } from "#src/models/initialise.ts"
import { unet } from "#src/models/unet/unet.ts"
import { type FlowBatch, flowMatchingLoss } from "#src/training/flow-matching.ts"
import { type Training, startTraining, trainingStep } from "#src/training/training-step.ts"
import { differencesOfLayers } from "../weights/layers.ts"
import { computations, random } from "./computations.ts"
import { type Report } from "./report.ts"

/** `tf` has registered both. */
tf.scalar(0).dispose()
const [onnx, oracle] = ["onnx", "cpu"] as const

const on = <A>(backend: string, body: () => A): A => {
  void tf.setBackend(backend)
  try {
    return body()
  } finally {
    void tf.setBackend(onnx)
  }
}

const onDevice = (): number => Reflect.get(tf.memory(), "numTensorsOnDevice") as number

/** The largest difference, relative to the largest expected number or 1. Equal infinities and NaN are no difference. */
const difference = (found: ArrayLike<number>, expected: ArrayLike<number>): number => {
  let [worst, scale] = [0, 1]
  for (let at = 0; at < expected.length; at++) {
    const [a, b] = [found[at]!, expected[at]!]
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b))
    if (Object.is(a, b) || a === b) continue
    const apart = Math.abs(a - b)
    worst = Math.max(worst, Number.isNaN(apart) ? Infinity : apart)
  }
  return worst / scale
}

const compareComputation = (body: () => Tensor | ReadonlyArray<Tensor>): number | string => {
  const results = (backend: string) =>
    on(backend, () => {
      const found: Array<{ readonly spec: string; readonly values: ArrayLike<number> }> = []
      tf.tidy(() => {
        for (const tensor of [body()].flat() as ReadonlyArray<Tensor>) {
          const spec = `${tensor.dtype}[${tensor.shape.join()}]`
          found.push({ spec, values: tensor.dataSync() })
        }
      })
      return found
    })
  try {
    const [found, expected] = [results(onnx), results(oracle)]
    const specs = (all: typeof found) => all.map(({ spec }) => spec).join(" ")
    if (specs(found) !== specs(expected)) return `${specs(found)} instead of ${specs(expected)}`
    return Math.max(...found.map(({ values }, at) => difference(values, expected[at]!.values)))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

// Six images: the filters' gradients are convolutions whose channels they are.
const images = 6
const network = unet({ channels: 4, imageSize: 8, imageChannels: 1, time: "add", classes: 3 })
const { parameters } = network

type Step = (
  training: Training,
  batch: FlowBatch,
  rate: Scalar
) => { readonly loss: Scalar; readonly training: Training }

const step: Step = (training, batch, rate) =>
  trainingStep(parameters, training, (state) => flowMatchingLoss(network, state, batch), rate)

const train = (step: Step, steps: number) => {
  const batch: FlowBatch = {
    x0: random([images, 8, 8, 1], 1) as Tensor4D,
    x1: random([images, 8, 8, 1], 2) as Tensor4D,
    time: tf.linspace(0, 1, images),
    classes: tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1], [images, 3])
  }
  const rate = tf.scalar(1e-3)
  let training = startTraining(parameters, initialise(parameters, 1))
  const free = (training: Training) => tf.dispose(training)
  const losses: Array<number> = []
  const held: Array<number> = []
  for (let at = 0; at < steps; at++) {
    const result = step(training, batch, rate)
    losses.push(result.loss.dataSync()[0]!)
    free(training)
    result.loss.dispose()
    training = result.training
    held.push(onDevice())
  }
  const moment = training.moments["m"]!.dataSync<"float32">()
  free(training)
  tf.dispose([rate, ...Object.values(batch as unknown as Record<string, Tensor>)])
  return { losses, moment, held }
}

const trainingReport = (): Report["training"] => {
  const eager = train(step, 4)
  const compiled = train(compile(step as never) as unknown as Step, 4)
  const left = onDevice()
  const expected = on(oracle, () => train(step, 4))
  const moment = Array.from(expected.moment)
  const scale = Math.max(...moment.map(Math.abs))
  const apart = (found: ArrayLike<number>) =>
    difference(
      Array.from(found, (value) => value / scale),
      moment.map((value) => value / scale)
    )
  return {
    losses: [eager.losses, compiled.losses, expected.losses],
    moments: [apart(eager.moment), apart(compiled.moment)],
    onDevice: [eager.held, compiled.held, left]
  }
}

/** Each claim with whether it is true. */
const memoryReport = (): ReadonlyArray<string> => {
  const before = onDevice()
  const wrong: Array<string> = []
  const claim = (text: string, holds: boolean) => {
    if (!holds) wrong.push(`${text} (${onDevice() - before} tensors more on the device)`)
  }
  const computed = (value: number): Tensor => {
    const tensor = tf.add(tf.scalar(value), tf.scalar(1))
    tensor.dataSync()
    return tensor
  }
  const made = tf.tidy(() => computed(2))
  claim("a result is on the device", onDevice() === before + 1)
  const again = made.clone()
  made.dispose()
  claim("a clone keeps what it shares", onDevice() === before + 1 && again.dataSync()[0] === 3)
  again.dispose()
  claim("the last tensor frees it", onDevice() === before)

  const read = tf.tidy(() => {
    const x = computed(4)
    const pending = tf.mul(x, 2)
    x.dispose()
    return pending
  })
  claim("what waits keeps its operands", read.dataSync()[0] === 10)
  read.dispose()
  claim("they go when it is computed and freed", onDevice() === before)

  const x = tf.tidy(() => computed(6))
  const never = tf.mul(x, 2)
  x.dispose()
  never.dispose()
  claim("what is never computed keeps nothing", onDevice() === before)

  const captured = tf.tidy(() => computed(0))
  const plus = compile((y: Tensor) => tf.add(y, captured))
  const first = tf.tidy(() => plus(tf.scalar(1)).dataSync()[0])
  captured.dispose()
  const second = tf.tidy(() => plus(tf.scalar(2)).dataSync()[0])
  claim("a compiled function keeps its constants", first === 2 && second === 3)
  claim("no more than those", onDevice() === before + 1)

  const variable = tf.tidy(() => tf.variable(tf.mul(tf.scalar(3), tf.scalar(5))))
  const grow = compile((y: Tensor) => {
    variable.assign(tf.mul(variable, y))
    return { returned: y, value: variable }
  })
  const held: Array<number> = []
  for (let turn = 0; turn < 4; turn++) {
    tf.tidy(() => {
      const { returned, value } = grow(tf.scalar(2)) as Record<string, Tensor>
      claim("an argument is returned", returned!.dataSync()[0] === 2)
      claim("a variable is returned", value!.dataSync()[0] === 15 * 2 ** (turn + 1))
    })
    held.push(onDevice())
  }
  claim("a replaced value of a variable is freed", new Set(held).size === 1)
  variable.dispose()

  const wide = tf.tidy(() => tf.mul(random([2, 3]), 2))
  const flat = tf.reshape(wide, [6])
  const values = wide.dataSync()
  wide.dispose()
  const sum = compile((v: Tensor) => tf.add(v, 0.5))
  const shifted = tf.tidy(() => sum(flat).dataSync())
  claim(
    "a reshape outlives what it was made of",
    values.every((value, at) => Math.abs(value + 0.5 - shifted[at]!) < 1e-6)
  )
  flat.dispose()
  claim("nothing is left but the constant", onDevice() === before + 1)
  return wrong
}

const file = process.argv[2]!
const report: Report = {
  computations: Object.fromEntries(
    Object.entries(computations).map(([name, body]) => [name, compareComputation(body)])
  ),
  training: trainingReport(),
  memory: memoryReport(),
  weights: differencesOfLayers(path.dirname(file))
}
writeFileSync(file, JSON.stringify(report))
