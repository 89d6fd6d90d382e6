/**
 * Convolutions. tfjs's kernels come with paddings by name and two data formats; they are recorded as `Conv`,
 * `ConvInputGradient` and `ConvFilterGradient`, which know only explicit padding and channels-last tensors.
 */
import { optionalInputs } from "../graph/optional-inputs.ts"
import { type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Shape, type Value, sameShape } from "../graph/value.ts"
import { lowerFilterGradient } from "../lowering/conv/filter-gradient.ts"
import { lowerConv } from "../lowering/conv/forward.ts"
import { type ConvAttrs, geometryOf } from "../lowering/conv/geometry.ts"
import { lowerInputGradient } from "../lowering/conv/input-gradient.ts"
import {
  cut,
  cutGradient,
  cutShape,
  fromLast,
  lastShape,
  planOf,
  toLast,
  uncut
} from "./conv-plan.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

/** Inputs: x, filter; with the attributes `bias` and `sum` (0 or 1) also a bias `[O]` and a tensor that is added. */
const conv: Primitive = {
  name: "Conv",
  inputs: ["x", "filter", "bias?", "sum?"],
  infer: ([x, filter], attrs) => {
    const { n, out, outputs } = geometryOf(x!.shape, filter!.shape, attrs as ConvAttrs)
    return [{ shape: [n, ...out, outputs], dtype: x!.dtype }]
  },
  lower: (node, lowering) => {
    const [x, filter] = node.inputs
    const geometry = geometryOf(x!.shape, filter!.shape, node.attrs as ConvAttrs)
    const extras = optionalInputs(node, 2, ["bias", "sum"])
    lowerConv(lowering, x!, filter!, node.outputs[0]!, geometry, extras)
  }
}

/** Inputs: dy, filter, and with the attribute `bias` 1 a bias `[I]`; the attribute `inputShape` is that of the result. */
const inputGradient: Primitive = {
  name: "ConvInputGradient",
  inputs: ["dy", "filter", "bias?"],
  infer: ([dy], { inputShape }) => [{ shape: inputShape as Shape, dtype: dy!.dtype }],
  lower: ({ attrs, inputs: [dy, filter, bias], outputs: [output] }, lowering) =>
    lowerInputGradient(
      lowering,
      dy!,
      filter!,
      bias,
      output!,
      geometryOf(output!.shape, filter!.shape, attrs as ConvAttrs)
    )
}

/** Inputs: x, dy; the attribute `filterShape` is that of the result. */
const filterGradient: Primitive = {
  name: "ConvFilterGradient",
  inputs: ["x", "dy"],
  infer: ([x], { filterShape }) => [{ shape: filterShape as Shape, dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x, dy], outputs: [output] }, lowering) =>
    lowerFilterGradient(
      lowering,
      x!,
      dy!,
      output!,
      geometryOf(x!.shape, output!.shape, attrs as ConvAttrs)
    )
}

/** The filter as `Conv` takes it: tfjs's depthwise `[kh,kw,C,multiplier]` is one of C groups. */
const filterShapeOf = (shape: Shape, depthwise: boolean): Shape =>
  depthwise ? [shape[0]!, shape[1]!, 1, shape[2]! * shape[3]!] : shape

const reshaped = (recorder: Recorder, value: Value, shape: Shape): Value =>
  sameShape(value.shape, shape) ? value : recorder.one("Reshape", [value], { shape })

/**
 * tfjs's convolution of x (in the data format of `attrs`) with a filter, plain or depthwise.
 *
 * @param bias `[O]`, or undefined
 */
export const convolved = (
  recorder: Recorder,
  x: Value,
  filter: Value,
  bias: Value | undefined,
  attrs: Attrs,
  depthwise: boolean
): Value => {
  const image = toLast(recorder, x, attrs)
  const plan = planOf(image.shape, filter.shape, attrs, depthwise)
  const filters = reshaped(recorder, filter, filterShapeOf(filter.shape, depthwise))
  const y = recorder.one(
    "Conv",
    [cut(recorder, image, plan), filters, ...(bias === undefined ? [] : [bias])],
    bias === undefined ? plan.attrs : { ...plan.attrs, bias: 1 }
  )
  return fromLast(recorder, y, attrs)
}

const forward = (name: string, depthwise: boolean): Composite => ({
  name,
  inputs: ["x", "filter"],
  expand: (recorder, [x, filter], attrs) => [
    convolved(recorder, x!, filter!, undefined, attrs, depthwise)
  ]
})

const backpropInput = (name: string, depthwise: boolean): Composite => ({
  name,
  inputs: ["dy", "filter"],
  expand: (recorder, [dy, filter], attrs) => {
    const slopes = toLast(recorder, dy!, attrs)
    const inputShape = lastShape(attrs["inputShape"] as Shape, attrs)
    const plan = planOf(inputShape, filter!.shape, attrs, depthwise, slopes)
    const filters = reshaped(recorder, filter!, filterShapeOf(filter!.shape, depthwise))
    const own = cutGradient(recorder, slopes, plan)
    const dx = recorder.one("ConvInputGradient", [own, filters], {
      ...plan.attrs,
      inputShape: cutShape(inputShape, plan)
    })
    return [fromLast(recorder, uncut(recorder, dx, plan), attrs)]
  }
})

const backpropFilter = (name: string, depthwise: boolean): Composite => ({
  name,
  inputs: ["x", "dy"],
  expand: (recorder, [x, dy], attrs) => {
    const [image, slopes] = [toLast(recorder, x!, attrs), toLast(recorder, dy!, attrs)]
    const shape = attrs["filterShape"] as Shape
    const plan = planOf(image.shape, shape, attrs, depthwise, slopes)
    const tensors = [cut(recorder, image, plan), cutGradient(recorder, slopes, plan)]
    const gradient = recorder.one("ConvFilterGradient", tensors, {
      ...plan.attrs,
      filterShape: filterShapeOf(shape, depthwise)
    })
    return [reshaped(recorder, gradient, shape)]
  }
})

export const convKernels: ReadonlyArray<Kernel> = [
  conv,
  inputGradient,
  filterGradient,
  forward("Conv2D", false),
  backpropInput("Conv2DBackpropInput", false),
  backpropFilter("Conv2DBackpropFilter", false),
  forward("DepthwiseConv2dNative", true),
  backpropInput("DepthwiseConv2dNativeBackpropInput", true),
  backpropFilter("DepthwiseConv2dNativeBackpropFilter", true)
]
