/** Kernels of complex numbers, made of kernels of their real and imaginary parts. */
import { ComplexValue } from "../graph/complex-value.ts"
import { type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Value } from "../graph/value.ts"
import { lowerDft } from "../lowering/dft.ts"
import { type DType } from "../onnx/element-type.ts"
import {
  type ComplexKernel,
  type Composite,
  type Operand,
  type Primitive,
  expandReal
} from "./kernel.ts"

const complexOf = (recorder: Recorder, operand: Operand): ComplexValue =>
  operand instanceof ComplexValue
    ? operand
    : new ComplexValue(floats(recorder, operand), recorder.constant(0, "float32", operand.shape))

const floats = (recorder: Recorder, value: Value): Value =>
  value.dtype === "float32" ? value : recorder.one("Convert", [value], { dtype: "float32" })

/**
 * A pending value under another name, at no cost: what is awaited by a part's own tensor and what by a complex one is
 * told apart by the values.
 */
const renamed = (recorder: Recorder, value: Value): Value =>
  value.producer === undefined ? value : recorder.one("Reshape", [value], { shape: value.shape })

const discreteFourierTransform: Primitive = {
  name: "DFT",
  inputs: ["real", "imag"],
  infer: ([real, imag]) => [real!, imag!].map(({ dtype, shape }) => ({ shape, dtype })),
  lower: lowerDft
}

const fourier = (name: string, inverse: 0 | 1): ComplexKernel => ({
  name,
  inputs: ["input"],
  expandComplex: (recorder, [input]) => {
    const [real, imag] = recorder.record("DFT", complexOf(recorder, input!).parts, { inverse })
    return [new ComplexValue(real!, imag!)]
  }
})

/** Kernels that only exist for complex numbers. */
export const complexKernels: ReadonlyArray<ComplexKernel | Primitive> = [
  discreteFourierTransform,
  fourier("FFT", 0),
  fourier("IFFT", 1),
  {
    name: "Complex",
    inputs: ["real", "imag"],
    expandComplex: (recorder, parts) => {
      const [real, imag] = parts.map((part) => renamed(recorder, floats(recorder, part as Value)))
      return [new ComplexValue(real!, imag!)]
    }
  },
  {
    name: "Real",
    inputs: ["input"],
    expandComplex: (recorder, [input]) => [renamed(recorder, complexOf(recorder, input!).real)]
  },
  {
    name: "Imag",
    inputs: ["input"],
    expandComplex: (recorder, [input]) => [renamed(recorder, complexOf(recorder, input!).imag)]
  },
  {
    name: "ComplexAbs",
    inputs: ["x"],
    expandComplex: (recorder, [x]) => {
      // The larger part is taken out, so that squares neither vanish nor overflow; infinite parts give NaN.
      const parts = complexOf(recorder, x!).parts
      const [real, imag] = parts.map((part) => recorder.one("Abs", [part]))
      const larger = recorder.one("Maximum", [real!, imag!])
      const divisor = recorder.one("Maximum", [larger, recorder.constant(1e-37)])
      const squares = parts.map((part) =>
        recorder.one("Square", [recorder.one("RealDiv", [part, divisor])])
      )
      const ratio = recorder.one("Sqrt", [recorder.one("Add", squares)])
      return [recorder.one("Multiply", [larger, ratio])]
    }
  }
]

/** What a kernel of real numbers does to complex ones, where that is not the same to both parts. */
const complexForms: Readonly<Record<string, ComplexKernel["expandComplex"]>> = {
  Identity: (_, [x]) => [x!],
  Cast: (recorder, [x], { dtype }) => {
    if (dtype === "complex64") return [complexOf(recorder, x!)]
    const { real } = complexOf(recorder, x!)
    return [dtype === "float32" ? renamed(recorder, real) : convert(recorder, real, dtype)]
  },
  Multiply: (recorder, operands) => {
    const [a, b] = operands.map((operand) => complexOf(recorder, operand!))
    const times = (x: Value, y: Value) => recorder.one("Multiply", [x, y])
    return [
      new ComplexValue(
        recorder.one("Sub", [times(a!.real, b!.real), times(a!.imag, b!.imag)]),
        recorder.one("Add", [times(a!.real, b!.imag), times(a!.imag, b!.real)])
      )
    ]
  },
  OnesLike: (recorder, [x]) => [complexOf(recorder, recorder.constant(1, "float32", x!.shape))]
}

const convert = (recorder: Recorder, value: Value, dtype: unknown): Value =>
  recorder.one("Convert", [value], { dtype: dtype as DType })

/** Kernels that do the same to the real and to the imaginary parts. */
const partwise: ReadonlySet<string> = new Set([
  "Add",
  "Concat",
  "ExpandDims",
  "Neg",
  "Pack",
  "Reshape",
  "Slice",
  "SplitV",
  "Sub",
  "Sum",
  "Tile",
  "Transpose",
  "Unpack",
  "ZerosLike"
])

/** What `kernel` does when one of its inputs or its result is complex. */
export const expandComplex = (
  kernel: Primitive | Composite,
  recorder: Recorder,
  inputs: ReadonlyArray<Operand | undefined>,
  attrs: Attrs
): ReadonlyArray<Operand> => {
  const form = complexForms[kernel.name]
  if (form !== undefined) return form(recorder, inputs, attrs)
  if (!partwise.has(kernel.name)) {
    throw new TypeError(`kernel ${kernel.name} does not work on complex numbers on the onnx engine`)
  }
  const operands = inputs.map((input) => input && complexOf(recorder, input))
  const real = expandReal(
    kernel,
    recorder,
    operands.map((operand) => operand?.real),
    attrs
  )
  const imag = expandReal(
    kernel,
    recorder,
    operands.map((operand) => operand?.imag),
    attrs
  )
  return real.map((value, index) => new ComplexValue(value, imag[index]!))
}
