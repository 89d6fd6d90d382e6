/**
 * What a kernel is. tfjs calls kernels by name (`Add`, `Conv2D`); each is either a *primitive*, which has a rule for its
 * results' shapes and a lowering to ONNX, or a *composite*, which records other kernels, or computed *on the host*.
 * Composites keep the vocabulary of the rewrites small.
 */
import { type ComplexValue } from "../graph/complex-value.ts"
import { type Infer, type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Node, type Value } from "../graph/value.ts"
import { type Lowering } from "../lowering/lowering.ts"

/** The names of a kernel's tensors, in order, or "list" for those that take an array. A name ending in `?` may be absent. */
export type InputNames = ReadonlyArray<string> | "list"

interface Named {
  readonly name: string
  readonly inputs: InputNames
  /** Says that the caller expects an array of results even when there is one. */
  readonly outputs?: "list"
}

export interface Primitive extends Named {
  readonly infer: Infer
  /** Emits ONNX for one node and defines each of its outputs in one physical form or several. */
  readonly lower: (node: Node, lowering: Lowering) => void
}

export interface Composite extends Named {
  /** Absent optional inputs are undefined. */
  readonly expand: (
    recorder: Recorder,
    inputs: ReadonlyArray<Value | undefined>,
    attrs: Attrs
  ) => ReadonlyArray<Value>
}

/**
 * A kernel that tfjs's own cpu kernel of this name computes, on values that are read when it is called. Only for results
 * whose shape depends on values, for strings and for draws: all of these would have to stop a trace anyway.
 */
export interface HostKernel {
  readonly name: string
  readonly onHost: true
}

export type Operand = Value | ComplexValue

/** A composite whose inputs or results may be complex. */
export interface ComplexKernel extends Named {
  readonly expandComplex: (
    recorder: Recorder,
    inputs: ReadonlyArray<Operand | undefined>,
    attrs: Attrs
  ) => ReadonlyArray<Operand>
}

export type Kernel = Primitive | Composite | ComplexKernel | HostKernel

export const isOnHost = (kernel: Kernel): kernel is HostKernel => "onHost" in kernel
export const isComplex = (kernel: Kernel): kernel is ComplexKernel => "expandComplex" in kernel
export const isPrimitive = (kernel: Kernel): kernel is Primitive => "lower" in kernel

/** Records a kernel of real tensors: its results. */
export const expandReal = (
  kernel: Primitive | Composite,
  recorder: Recorder,
  inputs: ReadonlyArray<Value | undefined>,
  attrs: Attrs
): ReadonlyArray<Value> =>
  isPrimitive(kernel)
    ? recorder.record(
        kernel.name,
        inputs.filter((value) => value !== undefined),
        attrs
      )
    : kernel.expand(recorder, inputs, attrs)
